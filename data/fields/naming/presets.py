"""Naming conventions by name: what microscopes and public data sets call their files."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from data.channels import CHANNELS
from data.fields.naming.file_pattern import FilePattern

_GUID = "-".join("?" * digits for digits in (8, 4, 4, 4, 12))


@dataclass(frozen=True)
class Preset:
    """A naming convention.

    Attributes
    ----------
    name
        What a user types.
    source
        Whose files are named so.
    example
        A file's name.
    patterns
        Channel -> patterns of its files; empty where channels have numbers.
    numbered
        Patterns in which ``{n}`` is the number of a channel, whose stain only the user knows.
    first
        The lowest number.
    marker
        How a number is told, such as ``ch{n}``.
    """

    name: str
    source: str
    example: str
    patterns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    numbered: tuple[str, ...] = ()
    first: int = 1
    marker: str = ""

    def patterns_of(self, number: int) -> list[FilePattern]:
        """Return the patterns of the channel of a number."""
        return [FilePattern(text.format(n=number)) for text in self.numbered]

    def mark(self, number: int) -> str:
        """Return what a number looks like in a file's name."""
        return self.marker.format(n=number)


def _with_words(words: dict[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {channel: tuple(f"*_{word}" for word in words[channel]) for channel in CHANNELS}


_COLOURS = _with_words({channel: [channel] for channel in CHANNELS})

PRESETS = {
    preset.name: preset
    for preset in (
        Preset("hpa", "the Human Protein Atlas", "1_A1_1_red.tif.gz", _COLOURS),
        Preset("kaggle", "Kaggle's competitions, as hpa", "5c27f04c_red.png", _COLOURS),
        Preset(
            "subcell",
            "SubCell's examples",
            "cell_1_mt.png",
            _with_words({"red": ["mt"], "green": ["prot"], "blue": ["nuc"], "yellow": ["er"]}),
        ),
        Preset(
            "stains",
            "files named by stain",
            "A1_DAPI.tif",
            _with_words(
                {
                    "red": ["microtubules", "microtubule", "tubulin"],
                    "green": ["protein", "antibody"],
                    "blue": ["dapi", "hoechst", "nucleus"],
                    "yellow": ["er", "calreticulin"],
                }
            ),
        ),
        Preset(
            "opera",
            "Opera Phenix and Operetta (Harmony)",
            "r01c01f01p01-ch1sk1fk1fl1.tiff",
            numbered=("*-ch{n}sk?fk?fl?", "*-ch{n}sk??fk?fl?", "*-ch{n:02d}t??", "*-ch{n:02d}t???"),
            marker="ch{n}",
        ),
        Preset(
            "imagexpress",
            "ImageXpress (MetaXpress)",
            "plate_A01_s1_w1.TIF",
            numbered=("*_w{n}", f"*_w{{n}}{_GUID}"),
            marker="w{n}",
        ),
        Preset(
            "leica",
            "Leica (LAS X, Matrix Screener)",
            "Series001_ch00.tif",
            numbered=("*_ch{n:02d}", "*_c{n:02d}", "*--c{n:02d}"),
            first=0,
            marker="ch{n:02d}",
        ),
        Preset("imagej", "Fiji's split channels", "C1-A1.tif", numbered=("C{n}-*",), marker="C{n}"),
    )
}
"""Name -> preset."""

"""Configurations and settings that are damaged, misspelt or out of range."""

from collections.abc import Sequence

import numpy as np

from data.masks.label_image import read_label_image
from tests.corpus.case import Case, Outcome, Place
from tests.corpus.stock import write_field

RIGHT = '[segment]\nsegmenter = "classical"\npixel_size_um = 0.4\n'


def configuration(name: str, content: str | bytes = RIGHT, told: str = "", more: Sequence[str] = ()) -> Case:
    """Return a case of the configuration of `hpacells segment`."""

    def write(place: Place) -> None:
        write_field(place.inputs / "images", "good")
        raw = content.encode() if isinstance(content, str) else content
        (place.inputs / "settings.toml").write_bytes(raw)

    def command(place: Place) -> list[object]:
        settings = place.inputs / "settings.toml"
        return ["segment", place.inputs / "images", "--work", place.work, "--config", settings, *more]

    def check(place: Place, _: Outcome) -> None:
        if told:
            assert not place.work.exists()
        else:
            np.testing.assert_array_equal(
                read_label_image(place.work / "masks/good_cells.png"), place.stock.cells
            )

    return Case(name, write, command, told, check)


def missing_file(place: Place) -> Sequence[object]:
    return ["segment", place.inputs, "--work", place.work, "--config", place.inputs / "none.toml"]


CASES: list[Case] = [
    configuration("as it should be"),
    configuration("byte order mark", b"\xef\xbb\xbf" + RIGHT.encode()),
    configuration("line ends of Windows", RIGHT.replace("\n", "\r\n")),
    configuration("sections of other stages", RIGHT + "[crops]\nneighbours = 'keep'\n"),
    configuration("a number as text", RIGHT.replace("0.4", '"0.4"')),
    configuration(
        "a list for a number",
        RIGHT.replace("0.4", "[0.4]"),
        r"settings\.toml: segment\.pixel_size_um = \[0\.4\]:",
    ),
    configuration(
        "out of range", RIGHT.replace("0.4", "40.0"), r"settings\.toml: segment\.pixel_size_um = 40\.0:"
    ),
    configuration(
        "negative", RIGHT.replace("0.4", "-0.4"), r"settings\.toml: segment\.pixel_size_um = -0\.4:"
    ),
    configuration(
        "not a number", RIGHT.replace("0.4", "nan"), r"settings\.toml: segment\.pixel_size_um = nan:"
    ),
    configuration("infinite", RIGHT.replace("0.4", "inf"), r"settings\.toml: segment\.pixel_size_um = inf:"),
    configuration(
        "true for a number",
        RIGHT.replace("0.4", "true"),
        r"settings\.toml: segment\.pixel_size_um = True: true or false, where a number",
    ),
    configuration(
        "a date for a number",
        RIGHT.replace("0.4", "2026-01-01"),
        r"settings\.toml: segment\.pixel_size_um = datetime\.date\(2026, 1, 1\):",
    ),
    configuration(
        "unknown setting",
        RIGHT + "pixel_size = 0.4\n",
        r"settings\.toml: unknown setting segment\.pixel_size",
    ),
    configuration(
        "unknown section",
        RIGHT + "[segmentation]\nx = 1\n",
        r"settings\.toml: unknown section \[segmentation\]",
    ),
    configuration(
        "section in capitals",
        RIGHT.replace("segment]", "SEGMENT]"),
        r"settings\.toml: unknown section \[SEGMENT\]",
    ),
    configuration("a value for a section", "segment = 3\n", r"settings\.toml: segment:"),
    configuration(
        "a list of sections", RIGHT.replace("[segment]", "[[segment]]"), r"settings\.toml: segment:"
    ),
    configuration(
        "a setting outside its section", 'segmenter = "classical"\n', r"settings\.toml: segmenter:"
    ),
    configuration(
        "unknown segmenter", RIGHT.replace("classical", "clasical"), "segmenter: no segmenter 'clasical'"
    ),
    configuration(
        "unknown channel",
        RIGHT + 'channels = ["red", "purple"]\n',
        r"settings\.toml: segment\.channels = 'purple':",
    ),
    configuration("a setting twice", RIGHT + "pixel_size_um = 0.3\n", r"settings\.toml: not a TOML file"),
    configuration("a section twice", RIGHT + RIGHT, r"settings\.toml: not a TOML file"),
    configuration("no TOML", "segmenter: classical\n", r"settings\.toml: not a TOML file"),
    configuration("JSON", '{"segment": {"segmenter": "classical"}}', r"settings\.toml: not a TOML file"),
    configuration("cut in a string", RIGHT[:20], r"settings\.toml: not a TOML file"),
    configuration("null bytes", RIGHT.encode() + bytes(10), r"settings\.toml: not a TOML file"),
    configuration("UTF-16", RIGHT.encode("utf-16"), r"settings\.toml: not a TOML file"),
    configuration("Latin-1", RIGHT.encode() + "# é\n".encode("latin-1"), r"settings\.toml: not a TOML file"),
    configuration("nested 5,000 deep", "x = " + "[" * 5000 + "]" * 5000, r"settings\.toml: not a TOML file"),
    configuration(
        "a number of 5,000 digits",
        RIGHT + f"[images]\nmax_pixels = {'9' * 5000}\n",
        r"settings\.toml: not a TOML file",
    ),
    configuration(
        "empty, settings by hand", "", more=["--segmenter", "classical", "--set", "segment.pixel_size_um=0.4"]
    ),
    configuration(
        "--set without a value",
        more=["--set", "segment.pixel_size_um"],
        told=r"--set segment\.pixel_size_um: not understood",
    ),
    configuration(
        "--set without a section",
        more=["--set", "pixel_size_um=0.4"],
        told=r"--set pixel_size_um=0\.4: not understood",
    ),
    configuration(
        "--set of no TOML",
        more=["--set", "segment.pixel_size_um=[0.4"],
        told=r"--set segment\.pixel_size_um=\[0\.4: segment\.pixel_size_um = '\[0\.4':",
    ),
    configuration(
        "--set of an empty name",
        more=["--set", "segment.=0.4"],
        told=r"--set segment\.=0\.4: unknown setting segment",
    ),
    configuration(
        "--set of a new line",
        more=["--set", "segment.pixel_size_um=0.4\n[crops]\nworkers=99"],
        told=r"--set segment\.pixel_size_um=0\.4 .* = '0\.4\\n\[crops\]\\nworkers=99':",
    ),
    Case(
        "missing",
        lambda place: write_field(place.inputs, "good"),
        missing_file,
        r"none\.toml: No such file or directory",
    ),
    Case(
        "a folder",
        lambda place: (place.inputs / "none.toml").mkdir(),
        missing_file,
        r"none\.toml: Is a directory",
    ),
]

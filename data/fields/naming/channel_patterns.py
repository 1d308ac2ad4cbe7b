"""Which files are which channel: the setting ``images.channels`` as patterns."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.naming.file_pattern import FilePattern
from data.fields.naming.folder_listing import ListedFile
from data.fields.naming.presets import PRESETS, Preset

AUTO = "auto"

_WHERE = "images.channels"

_OTHER_NAMES = {
    "r": "red", "mt": "red", "microtubules": "red", "microtubule": "red", "tubulin": "red",
    "g": "green", "protein": "green", "prot": "green", "antibody": "green",
    "b": "blue", "nucleus": "blue", "nuclei": "blue", "nuc": "blue", "dapi": "blue", "hoechst": "blue",
    "y": "yellow", "er": "yellow", "calreticulin": "yellow",
}  # fmt: skip

_LEFT_OUT = "-"


@dataclass(frozen=True, slots=True)
class ChannelFile:
    """A file that is a channel of a field.

    Attributes
    ----------
    file
        The file.
    channel
        Its channel.
    name
        The ID in its name.
    folders
        The folders in which it lies, without those that the pattern names.
    """

    file: ListedFile
    channel: str
    name: str
    folders: tuple[str, ...]


@dataclass(frozen=True)
class ChannelPatterns:
    """Patterns of the files of each channel.

    Attributes
    ----------
    patterns
        Channel and pattern, in the order in which they were given.
    preset
        Name of the preset that they are, or empty.
    """

    patterns: tuple[tuple[str, FilePattern], ...]
    preset: str = ""

    def match(self, file: ListedFile) -> ChannelFile | None:
        """Find the channel of a file; None where no pattern fits it.

        Raises
        ------
        InputError
            Patterns of two channels fit it.
        """
        found: ChannelFile | None = None
        fitting: FilePattern | None = None
        for channel, pattern in self.patterns:
            match = pattern.match(file)
            if match is None:
                continue
            if found is not None and fitting is not None and found.channel != channel:
                raise InputError(
                    found=f"{found.channel}={fitting.text} and {channel}={pattern.text} both fit "
                    f"{'/'.join(file.parts)}",
                    where=_WHERE,
                    expected="patterns of which one fits each file",
                    advice="write more of the name into the patterns",
                )
            if found is None:
                name, depth = match
                found, fitting = ChannelFile(file, channel, name, file.parts[:-depth]), pattern
        return found

    def find_unused(self, found: Iterable[ChannelFile]) -> list[str]:
        """Return the patterns of channels that no file has; none of a preset, which names what may be."""
        used = {file.channel for file in found}
        if self.preset:
            return []
        return [f"{channel}={pattern.text}" for channel, pattern in self.patterns if channel not in used]


def parse_channels(text: str) -> ChannelPatterns:
    """Read the setting ``images.channels``.

    Parameters
    ----------
    text
        ``auto`` or ``hpa``; another preset; a preset whose channels have numbers, with the stains of those in
        their order, ``leica:blue,green,red,yellow``; or patterns, ``red=*_ch00.tif,green=*_ch01.tif``.

    Raises
    ------
    InputError
        It is none of these.
    """
    text = text.strip()
    name, colon, order = text.partition(":")
    preset = PRESETS.get("hpa" if text == AUTO else name.strip().lower())
    if "=" not in text and preset is not None:
        if preset.numbered:
            return ChannelPatterns(tuple(_number(preset, order)), preset.name)
        if not colon:
            pairs = ((c, FilePattern(p)) for c, patterns in preset.patterns.items() for p in patterns)
            return ChannelPatterns(tuple(pairs), preset.name)
    if "=" not in text:
        raise InputError(
            found=f"no such preset: {text!r}",
            where=_WHERE,
            expected=f"auto, one of {', '.join(PRESETS)}, or patterns such as red=*_ch00.tif,blue=*_ch01.tif",
        )
    return ChannelPatterns(tuple(_split(text)))


def find_channel(name: str) -> str | None:
    """Return the channel of a name that a user has typed, or None."""
    lowered = name.strip().lower()
    return lowered if lowered in CHANNELS else _OTHER_NAMES.get(lowered)


def example_order(preset: Preset) -> str:
    """Return how the stains of a numbered preset are told."""
    return f"{preset.name}:blue,green,red,yellow"


def _split(text: str) -> Iterator[tuple[str, FilePattern]]:
    # A comma inside of brackets belongs to the pattern.
    for part in re.split(r",(?![^\[]*\])", text):
        if not part.strip():
            continue
        name, equals, pattern = part.partition("=")
        channel = find_channel(name)
        if not equals or channel is None:
            raise InputError(
                found=f"{part.strip()!r} is not understood",
                where=_WHERE,
                expected=f"one of {', '.join(CHANNELS)}, = and a pattern, such as red=*_ch00.tif",
            )
        yield channel, FilePattern(pattern.strip())


def _number(preset: Preset, order: str) -> Iterator[tuple[str, FilePattern]]:
    marks = ", ".join(preset.mark(preset.first + number) for number in range(4))
    channels = [
        None if name.strip() == _LEFT_OUT else find_channel(name) or name for name in order.split(",")
    ]
    stains = [channel for channel in channels if channel is not None]
    if not order.strip() or len(set(stains)) < len(stains) or not set(stains) <= set(CHANNELS):
        raise InputError(
            found=f"which channel number is which stain is not known from names of {preset.source}"
            if not order.strip()
            else f"{order!r} is not understood",
            where=_WHERE,
            expected=f"the stains of {marks} in their order, each once, such as {example_order(preset)}",
            advice=f"{_LEFT_OUT} leaves a number out; red is microtubules, green the protein, blue the "
            "nucleus, yellow the ER",
        )
    for number, channel in enumerate(channels, start=preset.first):
        if channel is not None:
            yield from ((channel, pattern) for pattern in preset.patterns_of(number))

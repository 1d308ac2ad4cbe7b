"""What a field's files say of it: size, bits, pixel size, channels, and what is missing or odd."""

from dataclasses import dataclass, field
from typing import Any

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import Field
from data.fields.pixel_size import resolve_pixel_size
from data.images.image_file import describe_file
from data.images.picture import Picture
from data.images.pixel_bound import check_pixels
from data.images.plane_address import WHOLE_FILE


@dataclass(frozen=True)
class ChannelSummary:
    """One channel of a field.

    Attributes
    ----------
    file
        Name of its file.
    height, width
        Size in px.
    dtype
        numpy's name of the type of its values.
    significant_bits
        Bits that the file states, or None.
    slices
        Number of slices in the file.
    """

    file: str
    height: int
    width: int
    dtype: str
    significant_bits: int | None
    slices: int


@dataclass(frozen=True)
class FieldSummary:
    """One field.

    Attributes
    ----------
    image_id
        Its ID.
    channels
        Channel -> what its file says; without channels that are missing or whose files cannot be read.
    pixel_size_um, pixel_size_source
        Size of a pixel and where it is from; None and empty where files contradict each other.
    white
        Grey value that is taken for white in 16-bit files, or None.
    problems
        What keeps the field from being read, one line each.
    remarks
        What is odd, but read.
    """

    image_id: str
    channels: dict[str, ChannelSummary] = field(default_factory=dict)
    pixel_size_um: float | None = None
    pixel_size_source: str = ""
    white: int | None = None
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain values, for JSON."""
        return {
            "image_id": self.image_id,
            "channels": {name: vars(channel) for name, channel in self.channels.items()},
            "pixel_size_um": self.pixel_size_um,
            "pixel_size_source": self.pixel_size_source,
            "white": self.white,
            "problems": list(self.problems),
            "remarks": list(self.remarks),
        }


def summarise_field(found: Field) -> FieldSummary:
    """Summarise a field from its files' metadata; no pixel is decoded."""
    channels: dict[str, ChannelSummary] = {}
    problems = [] if found.fault is None else [str(found.fault)]
    for channel in CHANNELS if found.fault is None else ():
        if channel in found.files:
            try:
                channels[channel] = _summarise_channel(found, channel)
            except InputError as error:
                problems.append(str(error))
    problems += [
        f"two {channel} files: {found.files[channel].name} and {path.name}"
        for channel, path in found.duplicates.items()
    ]
    sizes = {(channel.width, channel.height) for channel in channels.values()}
    if len(sizes) > 1:
        sizes_text = ", ".join(
            f"{name} {channel.width} x {channel.height}" for name, channel in channels.items()
        )
        problems.append(f"channels of several sizes: {sizes_text} px")
    size, source = None, ""
    if not problems:
        try:
            pixel_size = resolve_pixel_size(found)
            size, source = pixel_size.um, pixel_size.source
        except InputError as error:
            problems.append(str(error))
    remarks = tuple(f"no {channel}" for channel in CHANNELS if channel not in found.files)
    return FieldSummary(
        found.image_id, channels, size, source, found.full_scale, tuple(problems), remarks + _odd(channels)
    )


def _summarise_channel(found: Field, channel: str) -> ChannelSummary:
    path = found.files[channel]
    address = found.addresses.get(channel, WHOLE_FILE)
    pictures = describe_file(path, address.max_pixels)
    picture: Picture = pictures[address.picture]
    check_pixels(picture.height, picture.width, address.max_pixels, path)
    return ChannelSummary(
        path.name, picture.height, picture.width, picture.dtype, picture.significant_bits, picture.slices
    )


def _odd(channels: dict[str, ChannelSummary]) -> tuple[str, ...]:
    types = {channel.dtype for channel in channels.values()}
    slices = {channel.slices for channel in channels.values()}
    remarks = [f"channels of {' and '.join(sorted(types))}"] if len(types) > 1 else []
    if max(slices, default=1) > 1:
        remarks.append(f"{max(slices)} slices")
    return tuple(remarks)

"""OME-XML: what it says about the pictures of a file, and in which file of a set each plane lies."""

import xml.etree.ElementTree as ElementTree  # nosec B405 # see parse_ome_xml
from collections.abc import Iterator
from dataclasses import dataclass, field

from data.images.pixel_size import unit_um

PlaneIndex = tuple[int, int, int]
"""Channel, slice, time point."""


@dataclass(frozen=True)
class PlanePlace:
    """Where a plane lies: number of its IFD, and the file of a set by UUID and name, empty for this file."""

    ifd: int
    uuid: str = ""
    file_name: str = ""


@dataclass(frozen=True)
class OmeImage:
    """One Image element; sizes as it states them, pixel size (height, width) in um."""

    name: str
    channels: tuple[str, ...]
    slices: int
    times: int
    significant_bits: int | None
    pixel_size_um: tuple[float, float] | None
    places: dict[PlaneIndex, PlanePlace] = field(default_factory=dict)


@dataclass(frozen=True)
class OmeMetadata:
    """The images of a file or a set of files, and the UUID of the file that says so."""

    images: tuple[OmeImage, ...]
    uuid: str = ""


def parse_ome_xml(text: str | bytes) -> OmeMetadata:
    """Read an OME-XML document.

    Raises
    ------
    ValueError
        It is not well formed, or lacks a size.
    """
    # expat fetches no external entities, and from 2.4.1 on it ends entities that expand without bound.
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 # nosec B314 # see above
    except ElementTree.ParseError as error:
        message = f"OME-XML that is not well formed ({error})"
        raise ValueError(message) from None
    images = tuple(_read_image(image) for image in root if _tag(image) == "Image")
    return OmeMetadata(images, root.get("UUID", ""))


def _read_image(image: ElementTree.Element) -> OmeImage:
    pixels = next((child for child in image if _tag(child) == "Pixels"), None)
    if pixels is None:
        message = "OME-XML with an Image without Pixels"
        raise ValueError(message)
    sizes = {axis: int(pixels.get(f"Size{axis}", "1")) for axis in "CZT"}
    channels = [child for child in pixels if _tag(child) == "Channel"]
    samples = [int(channel.get("SamplesPerPixel", "1")) for channel in channels]
    # SizeC counts samples: an RGB picture is one channel of three.
    count = len(channels) if channels and sum(samples) == sizes["C"] else sizes["C"]
    names = [channel.get("Name", "") for channel in channels][:count]
    bits = pixels.get("SignificantBits", "")
    order = pixels.get("DimensionOrder", "XYCZT")[2:]
    counts = {"C": count, "Z": sizes["Z"], "T": sizes["T"]}
    return OmeImage(
        name=image.get("Name", ""),
        channels=tuple(names + [""] * (count - len(names))),
        slices=sizes["Z"],
        times=sizes["T"],
        significant_bits=int(bits) if bits.isdecimal() else None,
        pixel_size_um=_pixel_size(pixels),
        places=dict(_places(pixels, order, counts)),
    )


def _places(
    pixels: ElementTree.Element, order: str, counts: dict[str, int]
) -> Iterator[tuple[PlaneIndex, PlanePlace]]:
    """Yield every plane that a TiffData element names."""
    total = counts["C"] * counts["Z"] * counts["T"]
    entries = [child for child in pixels if _tag(child) == "TiffData"]
    for entry in entries:
        uuid = next((child for child in entry if _tag(child) == "UUID"), None)
        stated = entry.get("IFD")
        first = int(stated or 0)
        start = _position({axis: int(entry.get(f"First{axis}", "0")) for axis in "CZT"}, order, counts)
        count = int(entry.get("PlaneCount", "1" if stated is not None else str(total - start)))
        for number in range(count):
            yield (
                _index(start + number, order, counts),
                PlanePlace(
                    first + number,
                    (uuid.text or "").strip() if uuid is not None else "",
                    uuid.get("FileName", "") if uuid is not None else "",
                ),
            )
    if not entries:
        for number in range(total):
            yield _index(number, order, counts), PlanePlace(number)


def _position(first: dict[str, int], order: str, counts: dict[str, int]) -> int:
    position, step = 0, 1
    for axis in order:
        position += first[axis] * step
        step *= counts[axis]
    return position


def _index(position: int, order: str, counts: dict[str, int]) -> PlaneIndex:
    index = {}
    for axis in order:
        position, index[axis] = divmod(position, counts[axis])
    return index["C"], index["Z"], index["T"]


def _pixel_size(pixels: ElementTree.Element) -> tuple[float, float] | None:
    sizes = []
    for axis in "YX":
        unit = unit_um(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        try:
            size = float(pixels.get(f"PhysicalSize{axis}", ""))
        except ValueError:
            return None
        if unit is None or not size > 0:
            return None
        sizes.append(size * unit)
    return sizes[0], sizes[1]


def _tag(element: ElementTree.Element) -> str:
    """Return the name of an element without its namespace, which differs between versions of the schema."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""

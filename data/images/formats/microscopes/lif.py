"""LIF, the files of Leica LAS X: images and tiles are pictures. Read by liffile."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element  # nosec B405 # the type alone: liffile parses

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.images.formats.microscopes.reader_packages import import_reader
from data.images.picture import Picture
from data.images.picture_choice import read_chosen
from data.images.pixel_size import unit_um
from data.images.plane_address import PlaneAddress

SUFFIXES = (".lif",)

_DESCRIPTION = "./Data/Image/ImageDescription"
_WIDTH, _HEIGHT = "1", "2"
"""Leica's numbers of dimensions."""

_READ = frozenset("MTZCSYX")
"""Tiles, times, slices, channels, colours, rows, columns."""


def describe(path: Path) -> tuple[Picture, ...]:
    """Read what a file says about its images.

    Raises
    ------
    InputError
        The reader is not installed.
    """
    with _open(path) as lif:
        return tuple(picture for picture, _, _ in _pictures(lif, path))


def read(path: Path, address: PlaneAddress) -> NDArray[Any]:
    """Decode one plane: (H, W), or (H, W, 3) of a colour picture; other planes stay on the disk.

    Raises
    ------
    InputError
        The address names no plane of the file.
    """
    with _open(path) as lif:
        found = list(_pictures(lif, path))

        def plane(number: int, channel: int, z: int) -> NDArray[Any]:
            _, image, tile = found[number]
            indices = {"M": tile, "C": channel, "Z": z}
            frame = image.frame(**{axis: i for axis, i in indices.items() if axis in image.sizes})
            return np.asarray(frame)

        return read_chosen([picture for picture, _, _ in found], address, path, plane)


def _open(path: Path) -> Any:
    return import_reader("liffile", "LIF", path).LifFile(path)


def _pictures(lif: Any, path: Path) -> Iterator[tuple[Picture, Any, int]]:
    """Yield each picture, the image it is of, and the number of its tile."""
    names = [image.name for image in lif.images]
    for image in lif.images:
        name = image.name if names.count(image.name) == 1 else image.path
        try:
            picture = _describe(image, name, path)
        except InputError as error:
            yield Picture(0, 0, "", name=name, fault=error), image, 0
            continue
        tiles = image.sizes.get("M", 1)
        for tile in range(tiles):
            label = f"{name}_{tile}" if tiles > 1 else name
            yield replace(picture, name=label), image, tile


def _describe(image: Any, name: str, path: Path) -> Picture:
    try:
        sizes, dtype = dict(image.sizes), str(image.dtype)
    except (ValueError, AssertionError) as error:
        raise InputError(found=f"image {name} is not read by liffile ({error})", where=path) from None
    others = {axis: count for axis, count in sizes.items() if axis not in _READ and count > 1}
    # Of a scan in X and Z the reader's frames are no rows and columns.
    is_plane = {"Y", "X"} <= set(sizes) and tuple(image.frames.frame_dims)[:2] == ("Y", "X")
    if others or not is_plane or {"C", "S"} <= set(sizes):
        text = ", ".join(f"{axis} ({count})" for axis, count in sizes.items())
        raise InputError(
            found=f"image {name} has the dimensions {text}",
            where=path,
            expected="rows (Y) and columns (X), channels (C), slices (Z), tiles (M)",
            advice="export the image from LAS X as OME-TIFF",
        )
    channels = sorted(
        image.xml_element.findall(f"{_DESCRIPTION}/Channels/ChannelDescription"),
        key=lambda channel: int(channel.get("BytesInc", "0")),
    )
    colour = "S" in sizes
    bits = [int(channel.get("Resolution", "0")) for channel in channels]
    size = _pixel_size(image.xml_element)
    return Picture(
        sizes["Y"],
        sizes["X"],
        dtype,
        name=name,
        channels=("",) if colour else tuple(_channel_name(channel) for channel in channels),
        slices=sizes.get("Z", 1),
        times=sizes.get("T", 1),
        colour=colour,
        significant_bits=max(bits, default=0) or None,
        pixel_size_um=size,
        pixel_size_source="LIF metadata" if size else "",
    )


def _channel_name(channel: Element) -> str:
    """Return the dye of a channel; a colour in which it was shown is marked as such, for it is no stain."""
    for entry in channel.iterfind("ChannelProperty"):
        if entry.findtext("Key") == "DyeName" and entry.findtext("Value"):
            return (entry.findtext("Value") or "").strip()
    table = channel.get("LUTName", "")
    return f"shown in {table.lower()}" if table else ""


def _pixel_size(element: Element) -> tuple[float, float] | None:
    """Return um per pixel (height, width); a length is from the centre of the first pixel to the last's."""
    sizes = {}
    for dimension in element.iterfind(f"{_DESCRIPTION}/Dimensions/DimensionDescription"):
        count, unit = int(dimension.get("NumberOfElements", "0")), unit_um(dimension.get("Unit", ""))
        length = abs(float(dimension.get("Length", "0")))
        if count > 1 and unit is not None and length > 0:
            sizes[dimension.get("DimID")] = length * unit / (count - 1)
    if _HEIGHT not in sizes or _WIDTH not in sizes:
        return None
    return sizes[_HEIGHT], sizes[_WIDTH]

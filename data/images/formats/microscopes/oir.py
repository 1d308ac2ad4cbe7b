"""OIR, the files of Olympus and Evident FluoView. Read by oirfile, which needs Python 3.12."""

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.images.formats.microscopes.reader_packages import import_reader
from data.images.picture import Picture
from data.images.picture_choice import read_chosen
from data.images.pixel_bound import check_decoded
from data.images.plane_address import PlaneAddress

SUFFIXES = (".oir",)

_START = b"OLYMPUSRAWFORMAT"

_OLDEST_PYTHON = (3, 12)

_READ = frozenset("TZCSYX")
"""Times, slices, channels, colours, rows, columns."""


def describe(path: Path) -> tuple[Picture, ...]:
    """Read what a file says about its picture.

    Raises
    ------
    InputError
        The reader is not installed, or the file has dimensions that are not read.
    """
    with _open(path) as oir:
        return (_picture(oir, path),)


def read(path: Path, address: PlaneAddress) -> NDArray[Any]:
    """Decode one plane: (H, W), or (H, W, 3) of a colour picture.

    Raises
    ------
    InputError
        The address names no plane of the file, or it was not recorded.
    """
    with _open(path) as oir:

        def plane(_: int, channel: int, z: int) -> NDArray[Any]:
            # The reader knows no single planes; a file holds one position.
            size = math.prod(oir.sizes.values()) * np.dtype(oir.dtype).itemsize
            check_decoded(size, address.max_pixels, path)
            values = oir.asarray()
            indices = {"T": 0, "Z": z, "C": channel}
            found = values[tuple(indices.get(axis, slice(None)) for axis in oir.sizes)]
            if "S" in oir.sizes:
                return np.ascontiguousarray(np.moveaxis(found, 0, 2)[..., :3])
            if not found.any():
                raise InputError(
                    found=f"channel {channel}, slice {z} was not recorded: all values are 0",
                    where=path,
                    expected="a recorded plane",
                    advice="choose another slice with images.z",
                )
            return np.ascontiguousarray(found)

        return read_chosen((_picture(oir, path),), address, path, plane)


def _open(path: Path) -> Any:
    with path.open("rb") as file:
        if file.read(len(_START)) != _START:
            message = "no OIR file"
            raise ValueError(message)
    if sys.version_info[:2] < _OLDEST_PYTHON:
        raise InputError(
            found="an OIR file, whose reader oirfile needs Python 3.12 or later (this is "
            f"{sys.version_info.major}.{sys.version_info.minor})",
            where=path,
            advice="export as OME-TIFF, or install hpacells[formats] in a newer Python",
        )
    return import_reader("oirfile", "OIR", path).OirFile(path)


def _picture(oir: Any, path: Path) -> Picture:
    sizes = dict(oir.sizes)
    if set(sizes) - _READ or not {"Y", "X"} <= set(sizes):
        raise InputError(
            found="dimensions " + ", ".join(f"{axis} ({count})" for axis, count in sizes.items()),
            where=path,
            expected="slices (Z), channels (C), rows (Y) and columns (X)",
            advice="export it from FluoView as OME-TIFF",
        )
    count = sizes.get("C", 1)
    names = tuple(str(name).strip() for name in oir.coords.get("C", [c.name for c in oir.channels]))
    scales = oir.coord_scales
    size = (scales["Y"], scales["X"]) if {"Y", "X"} <= set(scales) else None
    return Picture(
        sizes["Y"],
        sizes["X"],
        str(oir.dtype),
        channels=names if len(names) == count and "S" not in sizes else ("",) * count,
        slices=sizes.get("Z", 1),
        times=sizes.get("T", 1),
        colour="S" in sizes,
        significant_bits=oir.bitspersample or None,
        pixel_size_um=size,
        pixel_size_source="OIR metadata" if size else "",
    )

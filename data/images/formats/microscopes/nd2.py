"""ND2, the files of Nikon NIS-Elements: positions are pictures. Read by the package nd2."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.images.formats.microscopes.reader_packages import import_reader
from data.images.picture import Picture
from data.images.picture_choice import read_chosen
from data.images.plane_address import PlaneAddress

SUFFIXES = (".nd2",)

_READ = frozenset("PTZCYXS")
"""Positions, times, slices, channels, rows, columns, colours."""

_COLOURS = 3


def describe(path: Path) -> tuple[Picture, ...]:
    """Read what a file says about its positions.

    Raises
    ------
    InputError
        The reader is not installed, or the file has dimensions that are not read.
    """
    with _open(path) as nd2:
        return _pictures(nd2, path)


def read(path: Path, address: PlaneAddress) -> NDArray[Any]:
    """Decode one plane: (H, W), or (H, W, 3) of a colour picture; other planes stay on the disk.

    Raises
    ------
    InputError
        The address names no plane of the file, or it was not recorded.
    """
    with _open(path) as nd2:

        def plane(position: int, channel: int, z: int) -> NDArray[Any]:
            frame = nd2.read_frame(_frame_number(nd2, {"P": position, "Z": z}))
            # Where a frame was not recorded the reader returns zeros; no camera does.
            if not frame.any():
                raise InputError(
                    found=f"position {position}, slice {z} was not recorded: all its values are 0",
                    where=path,
                    expected="a recorded frame",
                    advice="choose another slice with images.z, or leave the position out",
                )
            return _channel(nd2, frame, channel)

        return read_chosen(_pictures(nd2, path), address, path, plane)


def _open(path: Path) -> Any:
    return import_reader("nd2", "ND2", path).ND2File(path)


def _frame_number(nd2: Any, wanted: dict[str, int]) -> int:
    """Return the number of the frame at a position and slice; axes that the file lacks are ignored."""
    for number, indices in enumerate(nd2.loop_indices):
        if all(indices.get(axis, 0) == index for axis, index in wanted.items()):
            return number
    return 0


def _channel(nd2: Any, frame: NDArray[Any], channel: int) -> NDArray[Any]:
    attributes = nd2.attributes
    # The reader drops axes of length 1.
    whole = frame.reshape(
        attributes.channelCount or 1, attributes.heightPx, attributes.widthPx, nd2.components_per_channel
    )
    samples = whole.shape[3]
    if samples == _COLOURS:
        return np.ascontiguousarray(whole[0])
    return np.ascontiguousarray(whole[channel // samples, :, :, channel % samples])


def _pictures(nd2: Any, path: Path) -> tuple[Picture, ...]:
    sizes = dict(nd2.sizes)
    looped = {axis for indices in nd2.loop_indices for axis in indices}
    others = [axis for axis in sizes if axis not in _READ] + sorted(looped & {"C"})
    if others or (nd2.components_per_channel == _COLOURS and sizes.get("C", 1) > 1):
        raise InputError(
            found="dimensions " + ", ".join(f"{axis} ({count})" for axis, count in sizes.items()),
            where=path,
            expected="positions (P), slices (Z), channels (C), rows (Y) and columns (X)",
            advice="export it from NIS-Elements as OME-TIFF",
        )
    colour = nd2.components_per_channel == _COLOURS
    count = 1 if colour else sizes.get("C", 1)
    names = [(entry.channel.name or "").strip() for entry in nd2.metadata.channels or []]
    size = _pixel_size(nd2)
    return tuple(
        Picture(
            sizes["Y"],
            sizes["X"],
            str(nd2.dtype),
            name=name,
            channels=tuple(names) if len(names) == count else ("",) * count,
            slices=sizes.get("Z", 1),
            times=sizes.get("T", 1),
            colour=colour,
            significant_bits=nd2.attributes.bitsPerComponentSignificant or None,
            pixel_size_um=size,
            pixel_size_source="ND2 metadata" if size else "",
        )
        for name in _position_names(nd2, sizes.get("P", 1))
    )


def _position_names(nd2: Any, count: int) -> list[str]:
    for loop in nd2.experiment:
        if loop.type == "XYPosLoop" and len(loop.parameters.points) == count:
            return [(point.name or "").strip() for point in loop.parameters.points]
    return [""] * count


def _pixel_size(nd2: Any) -> tuple[float, float] | None:
    """Return um per pixel (height, width) of a calibrated file; the reader says 1 of others."""
    for entry in nd2.metadata.channels or []:
        volume = entry.volume
        if not all(volume.axesCalibrated[:2]):
            return None
        width, height = volume.axesCalibration[:2]
        return (height, width) if width > 0 and height > 0 else None
    return None

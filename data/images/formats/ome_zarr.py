"""OME-Zarr 0.1 to 0.5: images, plates and what bioformats2raw writes. Planes are read chunk by chunk."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.images.formats.dark_chunks import Box, find_dark_chunks, shows_signal
from data.images.formats.ome_zarr_groups import METADATA_FILES, ImageGroup, find_images
from data.images.picture import Picture
from data.images.picture_choice import read_chosen
from data.images.pixel_bound import check_decoded
from data.images.pixel_size import unit_um
from data.images.plane_address import PlaneAddress

SUFFIXES = (".zarr",)

_AXES = ("t", "c", "z", "y", "x")
"""Axes of versions that do not name them, and all that are read."""


def describe(path: Path) -> tuple[Picture, ...]:
    """Read what a folder says about its images, without its smaller copies and label images.

    Raises
    ------
    InputError
        It is no OME-Zarr, or of a version that is not known.
    """
    return tuple(_describe(image) for image in find_images(path))


def read(path: Path, address: PlaneAddress) -> NDArray[Any]:
    """Decode one plane (H, W), in the type of the file; only its chunks are read.

    Raises
    ------
    InputError
        The address names no plane of the folder, or nothing is stored of it.
    """
    images = find_images(path)
    # Those of a plate are many; only one is looked at.
    pictures = [
        _describe(image) if number == address.picture else Picture(0, 0, "", image.name)
        for number, image in enumerate(images)
    ]

    def plane(number: int, channel: int, z: int) -> NDArray[Any]:
        return _read_plane(images[number], channel, z, address.max_pixels)

    return read_chosen(pictures, address, path, plane)


def list_files(path: Path, picture: int) -> list[Path]:
    """List the files of one image of a folder: its metadata, and its pixels at full resolution.

    Raises
    ------
    InputError
        It is no OME-Zarr, or the image cannot be described.
    """
    images = find_images(path)
    if picture >= len(images):
        return []
    image = images[picture]
    pixels = image.folder / _full_resolution(_multiscale(image))
    metadata = [image.folder / name for name in METADATA_FILES]
    return [file for file in (*metadata, *pixels.rglob("*")) if file.is_file()]


def _describe(image: ImageGroup) -> Picture:
    try:
        return _picture(image)
    except InputError as error:
        return Picture(0, 0, "", name=image.name, fault=error)


def _picture(image: ImageGroup) -> Picture:
    multiscale = _multiscale(image)
    array = _open_array(image, multiscale)
    axes = _axes(image, multiscale, array.ndim)
    sizes = dict(zip(axes, array.shape, strict=True))
    size = _pixel_size(multiscale, axes)
    return Picture(
        sizes["y"],
        sizes["x"],
        str(array.dtype),
        name=image.name,
        channels=_channel_names(image, sizes.get("c", 1)),
        slices=sizes.get("z", 1),
        times=sizes.get("t", 1),
        pixel_size_um=size,
        pixel_size_source="OME-Zarr metadata" if size else "",
    )


def _read_plane(image: ImageGroup, channel: int, z: int, max_pixels: int) -> NDArray[Any]:
    multiscale = _multiscale(image)
    array = _open_array(image, multiscale)
    axes = _axes(image, multiscale, array.ndim)
    # A chunk is decoded as a whole, however little of it is in the image.
    check_decoded(math.prod(array.chunks) * array.dtype.itemsize, max_pixels, image.folder)
    indices = {"t": 0, "c": channel, "z": z}
    place = tuple(indices.get(axis, slice(None)) for axis in axes)
    values = np.asarray(array[place])
    # A chunk that is not there reads as zeros; that a whole plane has none is no picture.
    if not values.any() and not _is_stored(array):
        raise InputError(
            found="no chunk of the array is there",
            where=image.folder / _full_resolution(multiscale),
            expected="pixels",
            advice="copy the whole folder",
        )
    sides = [array.chunks[number] for number, axis in enumerate(axes) if axis in "yx"]
    dark = find_dark_chunks(values, sides)
    if dark:
        _check_dark(image, multiscale, values.shape, place, dark)
    return values.T if axes.index("x") < axes.index("y") else values


def _check_dark(
    image: ImageGroup,
    multiscale: dict[str, Any],
    shape: Sequence[int],
    place: tuple[Any, ...],
    dark: list[Box],
) -> None:
    """Compare chunks of zeros with the next smaller copy: one that is not there is read as zeros, too."""
    smaller = multiscale["datasets"][1:2]
    if not smaller:
        return
    array = _open_array(image, {"datasets": smaller})
    # Some writers make copies smaller in z as well; another slice says nothing.
    full = _open_array(image, multiscale)
    if any(isinstance(at, int) and array.shape[n] != full.shape[n] for n, at in enumerate(place)):
        return
    copy = np.asarray(array[place])
    lost = [box for box in dark if shows_signal(copy, box, shape)]
    if lost:
        top, left = (side.start for side in lost[0])
        raise InputError(
            found=f"{len(lost)} chunks are missing, such as that of row {top} and column {left}: the smaller "
            "copy of the image is bright there",
            where=image.folder / _full_resolution(multiscale),
            expected="all chunks of the image",
            advice="copy the whole folder again",
        )


def _is_stored(array: Any) -> bool:
    return array.nchunks_initialized > 0


def _multiscale(image: ImageGroup) -> dict[str, Any]:
    """Return what describes the image; further ones are of the same pixels."""
    found = image.metadata.get("multiscales")
    first = found[0] if isinstance(found, Sequence) and found else None
    if not isinstance(first, dict) or not first.get("datasets"):
        raise InputError(
            found="a Zarr group without multiscales",
            where=image.folder,
            expected="an image of OME-Zarr 0.1 to 0.5",
            advice="write it again, for example with bioformats2raw",
        )
    return first


def _open_array(image: ImageGroup, multiscale: dict[str, Any]) -> Any:
    import zarr

    folder = image.folder / _full_resolution(multiscale)
    try:
        return zarr.open_array(str(folder), mode="r")
    except FileNotFoundError:
        raise InputError(
            found="no array", where=folder, expected="the pixels", advice="copy the whole folder"
        ) from None


def _full_resolution(multiscale: dict[str, Any]) -> str:
    """Return the name of the first array, which is the largest."""
    return str(multiscale["datasets"][0].get("path", "0"))


def _axes(image: ImageGroup, multiscale: dict[str, Any], count: int) -> list[str]:
    entries = multiscale.get("axes") or list(_AXES)
    axes = [str(entry.get("name") if isinstance(entry, dict) else entry).lower() for entry in entries]
    if len(axes) != count or not set(axes) <= set(_AXES) or not {"y", "x"} <= set(axes):
        raise InputError(
            found=f"axes {', '.join(axes)} of an array of {count} dimensions",
            where=image.folder,
            expected="t, c, z, y, x or some of them",
            advice="write it again as OME-Zarr 0.4 or 0.5",
        )
    return axes


def _channel_names(image: ImageGroup, count: int) -> tuple[str, ...]:
    omero = image.metadata.get("omero")
    entries = omero.get("channels") if isinstance(omero, dict) else None
    if not isinstance(entries, list) or len(entries) != count:
        return ("",) * count
    return tuple(str(e.get("label") or "").strip() if isinstance(e, dict) else "" for e in entries)


def _pixel_size(multiscale: dict[str, Any], axes: Sequence[str]) -> tuple[float, float] | None:
    """Return um per pixel (height, width), where the axes have a unit."""
    entries = multiscale.get("axes") or []
    transformations = [
        *(multiscale["datasets"][0].get("coordinateTransformations") or []),
        *(multiscale.get("coordinateTransformations") or []),
    ]
    scales = [entry["scale"] for entry in transformations if entry.get("type") == "scale"]
    sizes = []
    for axis in "yx":
        number = axes.index(axis)
        entry = entries[number] if number < len(entries) else None
        unit = unit_um(str(entry.get("unit") or "")) if isinstance(entry, dict) else None
        if unit is None or not scales or any(len(scale) != len(axes) for scale in scales):
            return None
        sizes.append(unit * float(np.prod([scale[number] for scale in scales])))
    return (sizes[0], sizes[1]) if min(sizes) > 0 else None

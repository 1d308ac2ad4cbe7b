"""The pictures of a TIFF file: which pages they are, by OME-XML or as tifffile knows the kind of file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from data.errors import InputError
from data.images.formats.ome_xml import OmeImage, OmeMetadata, PlanePlace, parse_ome_xml
from data.images.formats.tiff_metadata import find_pixel_size, find_significant_bits
from data.images.formats.tiff_pixels import count_channels, is_colour, is_coloured_by_palette
from data.images.formats.tiff_whole import check_pages
from data.images.picture import Picture

BESIDE = ("thumbnail", "label", "macro", "overview", "preview")
"""Words in the name of a picture that is none of the specimen's."""

_REDUCED, _MASK = 1, 4
"""Bits of NewSubfileType."""


@dataclass(frozen=True)
class TiffPicture:
    """A picture of the file, and how one of its planes is read, by channel and number in the stack."""

    picture: Picture
    page: tifffile.TiffPage
    read: Callable[[int, int], NDArray[Any]]


def find_pictures(tiff: tifffile.TiffFile, path: Path) -> list[TiffPicture]:
    """Find the pictures of an open file, without smaller copies, thumbnails and labels.

    Raises
    ------
    ValueError, InputError
        The file is cut, or its metadata cannot be understood or name planes that the file does not hold.
    """
    check_pages(tiff)
    main = [number for number, page in enumerate(_all_pages(tiff)) if not _is_beside(page)]
    if not main:
        main = [0]
    if tiff.is_ome:
        try:
            metadata = parse_ome_xml(tiff.ome_metadata or "")
        except ValueError:
            metadata = OmeMetadata(())
        if len(main) == 1:
            # Whatever a set or a broken header says: there is one plane to read.
            return [_single_page(tiff, main[0], metadata, path)]
        if metadata.images:
            return _ome_pictures(tiff, metadata, main, path)
    return _series_pictures(tiff)


def _all_pages(tiff: tifffile.TiffFile) -> list[tifffile.TiffPage]:
    return [page.aspage() for page in tiff.pages] if len(tiff.pages) > 1 else [tiff.pages.first]


def _is_beside(page: tifffile.TiffPage) -> bool:
    return bool(int(page.subfiletype) & (_REDUCED | _MASK))


def _single_page(tiff: tifffile.TiffFile, number: int, metadata: OmeMetadata, path: Path) -> TiffPicture:
    page = _page(tiff, number)
    image = metadata.images[0] if metadata.images else None
    if image is not None and len(metadata.images) > 1:
        held = [found for found in metadata.images if _held(found, metadata, number, path)]
        image = held[0] if len(held) == 1 else None
    names = [""] * count_channels(page)
    if image is not None:
        held_channels = {index[0] for index in _held(image, metadata, number, path)}
        if len(held_channels) == len(names) == 1:
            names = [image.channels[held_channels.pop()]]
    picture = _describe_page(tiff, page, names, image)
    return TiffPicture(picture, page, lambda channel, stack: page.asarray())


def _held(image: OmeImage, metadata: OmeMetadata, number: int, path: Path) -> list[tuple[int, int, int]]:
    """List the planes of an image that are said to lie in one IFD of this very file."""
    return [
        index
        for index, place in image.places.items()
        if place.ifd == number and _is_here(place, metadata, path)
    ]


def _is_here(place: PlanePlace, metadata: OmeMetadata, path: Path) -> bool:
    if metadata.uuid and place.uuid:
        return place.uuid.lower() == metadata.uuid.lower()
    return not place.file_name or place.file_name == path.name.removesuffix(".gz")


def _ome_pictures(
    tiff: tifffile.TiffFile, metadata: OmeMetadata, main: list[int], path: Path
) -> list[TiffPicture]:
    pictures = []
    for image in metadata.images:
        here = {index: place.ifd for index, place in image.places.items() if _is_here(place, metadata, path)}
        if here and not _is_label(image.name):
            pictures.append(_ome_picture(tiff, image, here, path))
    # Planes that are in no image, or in several, would be left out or read twice without a word.
    used = sorted(number for _, numbers in pictures for number in numbers)
    if pictures and (set(used) <= set(main)):
        return [pages for pages, _ in pictures]
    raise InputError(
        found=f"OME-XML that does not fit the {len(main)} planes of the file",
        where=path,
        expected="the planes that it describes",
        advice="export the file again, or as plain TIFF",
    )


def _ome_picture(
    tiff: tifffile.TiffFile, image: OmeImage, here: dict[tuple[int, int, int], int], path: Path
) -> tuple[TiffPicture, list[int]]:
    channels, slices, times = (sorted({index[axis] for index in here}) for axis in range(3))
    if len(here) != len(channels) * len(slices) * len(times) or max(here.values()) >= len(tiff.pages):
        raise InputError(
            found=f"{len(here)} planes in the OME-XML and {len(tiff.pages)} in the file",
            where=path,
            expected="every plane of every channel",
            advice="export the file again: it is not whole",
        )
    page = _page(tiff, next(iter(here.values())))
    samples = count_channels(page)
    names = [image.channels[number] for number in channels]
    if samples > 1:
        names = list(image.channels) if len(image.channels) == samples else [""] * samples
    picture = _describe_page(tiff, page, names, image, len(slices), len(times))

    def read_page(channel: int, number: int) -> NDArray[Any]:
        z, t = number % len(slices), number // len(slices)
        index = (channels[0 if samples > 1 else channel], slices[z], times[t])
        return _page(tiff, here[index]).asarray()

    return TiffPicture(picture, page, read_page), list(here.values())


def _series_pictures(tiff: tifffile.TiffFile) -> list[TiffPicture]:
    if tiff.is_ome:
        message = "OME-XML that cannot be understood, and several planes"
        raise ValueError(message)
    found = [
        series
        for series in tiff.series
        if not _is_beside(series.keyframe.aspage()) and not _is_label(series.name)
    ]
    return [_series_picture(tiff, series) for series in found or tiff.series[:1]]


def _series_picture(tiff: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> TiffPicture:
    page = series.keyframe.aspage()
    sizes = dict(zip(series.axes, series.shape, strict=True))
    leading = [(axis, size) for axis, size in sizes.items() if axis not in "YXS"]
    channels = sizes.get("C", 1) if "C" in sizes else count_channels(page)
    times = sizes.get("T", 1)
    slices = int(np.prod([size for axis, size in leading if axis not in "CT"], dtype=int))
    picture = _describe_page(tiff, page, [""] * channels, None, slices, times)
    shape = tuple(size for _, size in leading)

    def read_page(channel: int, number: int) -> NDArray[Any]:
        index = _leading_index([axis for axis, _ in leading], shape, channel, number)
        flat = int(np.ravel_multi_index(index, shape)) if shape else 0
        if len(series.pages) == int(np.prod(shape, dtype=int)) and series.axes.endswith(page.axes):
            stored = series.pages[flat]
            if stored is None:
                message = f"plane {flat} is missing"
                raise ValueError(message)
            return stored.asarray()
        return series.asarray()[index]

    return TiffPicture(picture, page, read_page)


def _leading_index(axes: list[str], shape: tuple[int, ...], channel: int, number: int) -> tuple[int, ...]:
    """Return the index along the axes of channels and stack; `number` counts the planes of one channel."""
    stack = [size for axis, size in zip(axes, shape, strict=True) if axis != "C"]
    places = iter(np.unravel_index(number, stack) if stack else ())
    return tuple(channel if axis == "C" else int(next(places)) for axis in axes)


def _page(tiff: tifffile.TiffFile, number: int) -> tifffile.TiffPage:
    page = tiff.pages[number]
    return page if isinstance(page, tifffile.TiffPage) else page.aspage()


def _describe_page(
    tiff: tifffile.TiffFile,
    page: tifffile.TiffPage,
    channels: list[str],
    image: OmeImage | None,
    slices: int = 1,
    times: int = 1,
) -> Picture:
    size, source = (image.pixel_size_um, "OME-XML") if image is not None else (None, "")
    if size is None:
        size, source = find_pixel_size(tiff, page)
    stated = image.significant_bits if image is not None else None
    colour = is_colour(page) or is_coloured_by_palette(page, tiff.is_imagej)
    return Picture(
        height=page.imagelength,
        width=page.imagewidth,
        dtype=str(page.dtype),
        name=image.name if image is not None else "",
        channels=tuple(channels),
        slices=slices,
        times=times,
        colour=colour,
        significant_bits=stated if stated is not None else find_significant_bits(page),
        pixel_size_um=size,
        pixel_size_source=source,
    )


def _is_label(name: str) -> bool:
    return any(word in name.lower() for word in BESIDE)

"""TIFF: plain, OME-TIFF, ImageJ, LSM, STK and others that tifffile knows; stacks, pyramids, positions."""

from pathlib import Path
from typing import Any

import tifffile
from numpy.typing import NDArray

from data.errors import InputError
from data.images.file_bytes import open_unpacked
from data.images.formats.tiff_pictures import TiffPicture, find_pictures
from data.images.formats.tiff_pixels import check_photometric, to_pixels
from data.images.picture import Picture
from data.images.plane_address import PlaneAddress
from data.images.stacks import read_slice

SUFFIXES = (".tif", ".tiff")


def describe(path: Path) -> tuple[Picture, ...]:
    """Read what a file says about its pictures, without thumbnails, labels and smaller copies.

    Raises
    ------
    OSError, ValueError
        It cannot be opened, or is no TIFF.
    InputError
        Its metadata name planes that it does not hold.
    """
    with tifffile.TiffFile(open_unpacked(path)) as tiff:
        return tuple(pages.picture for pages in find_pictures(tiff, path))


def read(path: Path, address: PlaneAddress) -> NDArray[Any]:
    """Decode one plane: (H, W), or (H, W, 3) of a colour picture, in the type of the file.

    Raises
    ------
    InputError
        The address names no plane of the file, or the file has more than it chooses from.
    """
    with tifffile.TiffFile(open_unpacked(path)) as tiff:
        pictures = find_pictures(tiff, path)
        pages = _choose_picture(pictures, address, path)
        check_photometric(pages.page, path)
        picture, channel = pages.picture, _choose_channel(pages.picture, address, path)
        if picture.slices > 1 and picture.times > 1:
            raise InputError(
                found=f"{picture.slices} slices at {picture.times} time points",
                where=path,
                expected="one plane, or one stack",
                advice="save one time point",
            )
        axis = "slices" if picture.times == 1 else "time points"
        count = picture.slices * picture.times
        by_imagej = tiff.is_imagej

        def plane(number: int) -> NDArray[Any]:
            samples = pages.read(channel, number)
            return to_pixels(samples, pages.page, channel, path, by_imagej=by_imagej)

        return read_slice(count, address.z, plane, path, axis)


def _choose_picture(pictures: list[TiffPicture], address: PlaneAddress, path: Path) -> TiffPicture:
    if address.channel is None and address.picture == 0 and len(pictures) > 1:
        sizes = ", ".join(_describe(pages.picture) for pages in pictures[:4])
        raise InputError(
            found=f"{len(pictures)} pictures ({sizes}{', ...' if len(pictures) > 4 else ''})",
            where=path,
            expected="one picture",
            advice="save each position as a file of its own",
        )
    if address.picture >= len(pictures):
        raise InputError(
            found=f"{len(pictures)} picture{'s' if len(pictures) != 1 else ''}",
            where=path,
            expected=f"a picture number {address.picture}, counted from 0",
        )
    return pictures[address.picture]


def _choose_channel(picture: Picture, address: PlaneAddress, path: Path) -> int:
    count, channel = len(picture.channels), address.channel
    if channel is None and count > 1:
        names = ", ".join(name for name in picture.channels if name)
        raise InputError(
            found=f"{count} channels{f' ({names})' if names else ''}",
            where=path,
            expected="one channel in a file named after it",
            advice="save each channel as a file of its own, or name the channels of the file with --channels",
        )
    if channel is not None and channel >= count:
        raise InputError(
            found=f"{count} channel{'s' if count != 1 else ''}",
            where=path,
            expected=f"a channel number {channel}, counted from 0",
        )
    return channel or 0


def _describe(picture: Picture) -> str:
    return f"{picture.name or 'unnamed'} {picture.width} x {picture.height} px"

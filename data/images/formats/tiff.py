"""TIFF: plain, OME-TIFF, ImageJ, LSM, STK and others that tifffile knows; stacks, pyramids, positions."""

from pathlib import Path
from typing import Any

import tifffile
from numpy.typing import NDArray

from data.errors import InputError
from data.images.file_bytes import open_unpacked
from data.images.formats.tiff_pictures import find_pictures
from data.images.formats.tiff_pixels import check_photometric, to_pixels
from data.images.formats.tiff_whole import check_segments
from data.images.picture import Picture
from data.images.picture_choice import choose_channel, choose_picture
from data.images.pixel_bound import MAX_PIXELS, check_decoded, check_pixels
from data.images.plane_address import PlaneAddress
from data.images.stacks import read_slice

SUFFIXES = (".tif", ".tiff")


def describe(path: Path, max_pixels: int = MAX_PIXELS) -> tuple[Picture, ...]:
    """Read what a file says about its pictures, without thumbnails, labels and smaller copies.

    Raises
    ------
    OSError, ValueError
        It cannot be opened, or is no TIFF.
    InputError
        Its metadata name planes that it does not hold; or it is packed, and larger than so many pixels are.
    """
    with tifffile.TiffFile(open_unpacked(path, max_pixels)) as tiff:
        return tuple(pages.picture for pages in find_pictures(tiff, path))


def read(path: Path, address: PlaneAddress) -> NDArray[Any]:
    """Decode one plane: (H, W), or (H, W, 3) of a colour picture, in the type of the file.

    Raises
    ------
    InputError
        The address names no plane of the file, the file has more than it chooses from, or it is larger than
        the address allows.
    """
    with tifffile.TiffFile(open_unpacked(path, address.max_pixels)) as tiff:
        pictures = find_pictures(tiff, path)
        pages = pictures[choose_picture([pages.picture for pages in pictures], address, path)]
        check_photometric(pages.page, path)
        check_segments(pages.page)
        picture, channel = pages.picture, choose_channel(pages.picture, address, path)
        check_pixels(picture.height, picture.width, address.max_pixels, path)
        check_decoded(pages.page.nbytes, address.max_pixels, path)
        if picture.times > 1 and (picture.slices > 1 or address.channel is not None):
            slices = f"{picture.slices} slices at " if picture.slices > 1 else ""
            raise InputError(
                found=f"{slices}{picture.times} time points",
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

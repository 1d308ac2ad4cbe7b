"""Which picture, channel and slice of a file an address names, and what to say where it names none."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from data.errors import InputError
from data.images.picture import Picture
from data.images.pixel_bound import check_pixels
from data.images.plane_address import PlaneAddress
from data.images.stacks import read_slice

_NAMED = 4


def read_chosen(
    pictures: Sequence[Picture],
    address: PlaneAddress,
    path: Path,
    read: Callable[[int, int, int], NDArray[Any]],
) -> NDArray[Any]:
    """Read the plane that an address names of a file of pictures, channels and slices.

    Parameters
    ----------
    pictures
        What the file holds.
    address
        Which of it is read.
    path
        The file, for messages.
    read
        Reads one plane by picture, channel and slice.

    Raises
    ------
    InputError
        The address names no plane of the file, the file has more than it chooses from, or the picture is
        larger than the address allows.
    """
    number = choose_picture(pictures, address, path)
    picture = pictures[number]
    if picture.fault is not None:
        raise picture.fault
    channel = choose_channel(picture, address, path)
    if picture.times > 1:
        raise InputError(
            found=f"{picture.times} time points",
            where=path,
            expected="one point in time",
            advice="save the time point that is to be measured as a file of its own",
        )

    check_pixels(picture.height, picture.width, address.max_pixels, path)

    def plane(z: int) -> NDArray[Any]:
        pixels = read(number, channel, z)
        # Some microscopes scan other planes than rows and columns.
        if pixels.shape[:2] != (picture.height, picture.width):
            raise InputError(
                found=f"planes of {pixels.shape[1]} x {pixels.shape[0]} px",
                where=path,
                expected=f"{picture.width} x {picture.height} px, as its metadata say",
                advice="export the image as OME-TIFF",
            )
        return pixels

    return read_slice(picture.slices, address.z, plane, path)


def choose_picture(pictures: Sequence[Picture], address: PlaneAddress, path: Path) -> int:
    """Return the number of the picture that an address names.

    Raises
    ------
    InputError
        There is no such picture, or there are several in a file that was taken to be one channel.
    """
    if address.channel is None and address.picture == 0 and len(pictures) > 1:
        sizes = ", ".join(_describe(picture) for picture in pictures[:_NAMED])
        raise InputError(
            found=f"{len(pictures)} pictures ({sizes}{', ...' if len(pictures) > _NAMED else ''})",
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
    return address.picture


def choose_channel(picture: Picture, address: PlaneAddress, path: Path) -> int:
    """Return the number of the channel that an address names.

    Raises
    ------
    InputError
        There is no such channel, or there are several in a file that was taken to be one.
    """
    count, channel = len(picture.channels), address.channel
    if channel is None and count > 1:
        names = ", ".join(name for name in picture.channels if name)
        raise InputError(
            found=f"{count} channels{f' ({names})' if names else ''}",
            where=path,
            expected="one channel in a file named after it",
            advice="save each channel as a file of its own, or take the stain out of the name of the file "
            "and say with --channels which channel is which",
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

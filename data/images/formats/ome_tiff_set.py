"""Sets of OME-TIFF files that are one image or several: in which file each channel lies."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tifffile

from data.errors import InputError
from data.images.file_bytes import open_unpacked
from data.images.formats.ome_xml import OmeImage, OmeMetadata, PlaneIndex, PlanePlace, parse_ome_xml
from data.images.formats.tiff_pictures import BESIDE
from data.images.pixel_bound import MAX_PIXELS
from data.images.plane_address import PlaneAddress
from data.storage.images import find_remote


@dataclass(frozen=True)
class SetImage:
    """One image of a set.

    Attributes
    ----------
    name
        Its name, or empty.
    files
        The files in which its planes are said to lie.
    channels
        Names of its channels.
    places
        The file of each channel and where in it the channel lies, without choice of a slice unless the
        slices lie in several files.
    fault
        Why it cannot be read, or None.
    """

    name: str
    files: tuple[Path, ...]
    channels: tuple[str, ...]
    places: tuple[tuple[Path, PlaneAddress], ...] = ()
    fault: InputError | None = None


@dataclass(frozen=True)
class OmeSet:
    """The images of a set of files, and the files."""

    images: tuple[SetImage, ...]
    members: frozenset[Path]


def find_set(path: Path, z: str, max_pixels: int = MAX_PIXELS) -> OmeSet | None:
    """Read of which set of files an OME-TIFF is part; None where it stands alone or is no OME-TIFF.

    Parameters
    ----------
    path
        One of the files.
    z, max_pixels
        As in ``data.images.plane_address.PlaneAddress``.

    Raises
    ------
    InputError
        Its metadata are in another file; or it is packed, and larger than so many pixels can be.
    """
    with tifffile.TiffFile(open_unpacked(path, max_pixels)) as tiff:
        text = tiff.ome_metadata if tiff.is_ome else None
    if not text:
        return None
    if "<BinaryOnly" in text or ":BinaryOnly" in text:
        raise InputError(
            found="an OME-TIFF whose metadata are in another file (BinaryOnly)",
            where=path,
            expected="metadata in the file itself",
            advice="export it as OME-TIFF with metadata in each file, or name its files after the channels",
        )
    try:
        metadata = parse_ome_xml(text)
    except ValueError:
        return None
    images = [
        _Planes(image, {index: _file_of(place, metadata, path) for index, place in image.places.items()})
        for image in metadata.images
        if not _is_beside(image.name)
    ]
    members = frozenset(file for image in images for file in image.files.values())
    if members <= {path}:
        return None
    # How many images of a file come before one that is looked at.
    before: Counter[Path] = Counter()
    found = []
    for planes in images:
        found.append(_set_image(planes, before, path, z))
        before.update(set(planes.files.values()))
    return OmeSet(tuple(found), members)


@dataclass(frozen=True)
class _Planes:
    """An image, and the file of each of its planes."""

    image: OmeImage
    files: dict[PlaneIndex, Path]


def _set_image(planes: _Planes, before: Counter[Path], path: Path, z: str) -> SetImage:
    image, files = planes.image, tuple(sorted(set(planes.files.values())))
    try:
        _check_whole(planes, files)
        places = tuple(_place(planes, channel, before, path, z) for channel in range(len(image.channels)))
    except InputError as error:
        return SetImage(image.name, files, image.channels, fault=error)
    return SetImage(image.name, files, image.channels, places)


def _check_whole(planes: _Planes, files: Sequence[Path]) -> None:
    image, missing = planes.image, [file for file in files if not (find_remote(file) or file.is_file())]
    if missing:
        raise InputError(
            found="no such file, although an OME-TIFF names it as part of its set",
            where=missing[0],
            expected=f"{len(files)} files side by side, under the names that they had when they were written",
            advice="copy the missing one, or undo the renaming",
        )
    if len(planes.files) != len(image.channels) * image.slices * image.times:
        raise InputError(
            found=f"{len(planes.files)} planes of {image.name or 'an image'} in the OME-XML",
            where=next(iter(files), "OME-XML"),
            expected=f"{len(image.channels)} channels x {image.slices} slices x {image.times} time points",
            advice="export the set again: it is not whole",
        )


def _place(
    planes: _Planes, channel: int, before: Counter[Path], path: Path, z: str
) -> tuple[Path, PlaneAddress]:
    """Return the file of a channel, and the address of the channel in that file alone."""
    own = {index: file for index, file in planes.files.items() if index[0] == channel}
    is_spread = len(set(own.values())) > 1
    if is_spread:
        if planes.image.times > 1:
            raise InputError(
                found=f"{planes.image.times} time points",
                where=path,
                expected="one point in time",
                advice="save the time point that is to be measured as a file of its own",
            )
        wanted = _slice(planes.image, z, path)
        own = {index: file for index, file in own.items() if index[1] == wanted}
    index, file = next(iter(own.items()))
    here = [other for other, holder in planes.files.items() if holder == file]
    slices = sorted({other[1] for other in here})
    own_slice = str(slices.index(index[1])) if is_spread and len(slices) > 1 else ""
    return file, PlaneAddress(before[file], sorted({other[0] for other in here}).index(channel), own_slice)


def _slice(image: OmeImage, z: str, path: Path) -> int:
    if z == "middle":
        return image.slices // 2
    if z.isdecimal() and int(z) < image.slices:
        return int(z)
    raise InputError(
        found=f"a stack of {image.slices} slices in several files" + (f", and images.z = {z}" if z else ""),
        where=path,
        expected="the middle or the number of a slice, from 0",
        advice="choose it with --set images.z=middle, or save the stack as one file for other choices",
    )


def _file_of(place: PlanePlace, metadata: OmeMetadata, path: Path) -> Path:
    """Return the file in which a plane is said to lie: this one, whatever its name is now, or another."""
    if place.uuid and metadata.uuid and place.uuid.lower() == metadata.uuid.lower():
        return path
    if not place.file_name and not place.uuid:
        return path
    return path.parent / Path(place.file_name or place.uuid).name


def _is_beside(name: str) -> bool:
    return any(word in name.lower() for word in BESIDE)

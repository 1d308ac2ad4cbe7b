"""What a file, or a set of files, holds: images of several channels, and where each channel lies."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path

from data.errors import InputError
from data.images.formats.ome_tiff_set import SetImage
from data.images.image_file import SUFFIXES, describe_file, find_file_set
from data.images.pixel_bound import MAX_PIXELS
from data.images.plane_address import PlaneAddress
from data.storage.errors import StorageError


@dataclass(frozen=True)
class HeldImage:
    """One image: a position, scene or series.

    Attributes
    ----------
    name
        What its field is called: the file's name, and the position where there are several.
    path
        Its file, or one of its files.
    channels
        Names of its channels, empty where they have none.
    places
        The file of each channel, and where in it the channel lies.
    is_one_channel
        Whether it is of one channel, or in colours.
    fault
        Why it cannot be read, or None.
    """

    name: str
    path: Path
    channels: tuple[str, ...] = ()
    places: tuple[tuple[Path, PlaneAddress], ...] = ()
    is_one_channel: bool = False
    fault: InputError | None = None


@dataclass
class Held:
    """The images of a file, and all files of the set of which it is part."""

    images: list[HeldImage]
    members: frozenset[Path] = field(default_factory=frozenset)


def find_held_images(path: Path, z: str, max_pixels: int = MAX_PIXELS) -> Held:
    """Find the images of a file or OME-Zarr folder; one that cannot be read is an image with a fault.

    Parameters
    ----------
    path
        The file.
    z, max_pixels
        As in ``data.images.plane_address.PlaneAddress``.

    Raises
    ------
    StorageError
        It lies at a URL whose server gave no answer.
    """
    try:
        whole = find_file_set(path, z, max_pixels)
        if whole is not None:
            return Held(_set_images(whole.images, path, z), whole.members)
        return Held(_file_images(path, z, max_pixels))
    except StorageError:
        # What it holds is not known, and might be many fields.
        raise
    except InputError as error:
        return Held([HeldImage(_stem(path), path, fault=error)])


def _file_images(path: Path, z: str, max_pixels: int) -> list[HeldImage]:
    pictures = describe_file(path, max_pixels)
    labels = _label([picture.name for picture in pictures])
    return [
        HeldImage(
            _join(_stem(path), label),
            path,
            picture.channels,
            tuple((path, PlaneAddress(number, channel, z)) for channel in range(len(picture.channels))),
            picture.fault is None and (picture.colour or len(picture.channels) == 1),
            picture.fault,
        )
        for number, (picture, label) in enumerate(zip(pictures, labels, strict=True))
    ]


def _set_images(images: Sequence[SetImage], path: Path, z: str) -> list[HeldImage]:
    stems = [_common_name(image.files or [path]) for image in images]
    labels = _label([image.name for image in images]) if len(set(stems)) < len(stems) else [""] * len(stems)
    return [
        HeldImage(
            _join(stem, label),
            image.places[0][0] if image.places else path,
            image.channels,
            tuple((file, replace(address, z=address.z or z)) for file, address in image.places),
            image.fault is None and len(image.channels) == 1,
            image.fault,
        )
        for image, stem, label in zip(images, stems, labels, strict=True)
    ]


def _join(stem: str, label: str) -> str:
    return f"{stem}_{label}" if label else stem


def _stem(path: Path) -> str:
    lowered = path.name.lower()
    suffix = next((suffix for suffix in SUFFIXES if lowered.endswith(suffix)), "")
    return path.name[: len(path.name) - len(suffix)]


def _common_name(paths: Sequence[Path]) -> str:
    """Return what the names of the files of one image have in common, without the mark of a channel."""
    stems = sorted({_stem(path) for path in paths})
    if len(stems) == 1:
        return stems[0]
    pairs = zip(stems[0], stems[-1], strict=False)
    common = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return re.sub(r"[-_. ]*(c|ch|channel|w|z|wavelength)?[-_. ]*0*$", "", common, flags=re.I) or stems[0]


def _label(names: Sequence[str]) -> list[str]:
    """Return what tells the images of a file apart: their names if each has one, else their numbers."""
    if len(names) == 1:
        return [""]
    clean = [re.sub(r"[^\w.-]+", "-", name).strip("-.") for name in names]
    # Some file systems know no capital letters.
    if all(clean) and len({name.lower() for name in clean}) == len(clean):
        return clean
    return [str(number) for number in range(len(names))]

"""Fields of view: finding the files of each field in a folder, and reading their channels."""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.image_files import SUFFIXES, read_plane

REFERENCE_PIXEL_SIZE_UM = 0.08
"""Pixel size of a 2048 px HPA field (63x objective); assumed where none is known."""


@dataclass(frozen=True)
class Field:
    """One field of view: its ID and the file of each channel that was found.

    Attributes
    ----------
    image_id
        The file name without ``_<channel>`` and suffix; where that name stands in several sub-folders,
        with the sub-folder before it (``800/A6_1_red.jpg`` -> ``800_A6_1``).
    files
        Channel name -> file.
    duplicates
        Channel name -> a second file of the same channel, which makes the field ambiguous.

    Examples
    --------
    >>> import hpacells as hpa
    >>> field = hpa.find_fields("my_images")[0]
    >>> field.image_id, sorted(field.files)
    ('A1', ['blue', 'green', 'red', 'yellow'])
    >>> image = field.read()
    >>> image.shape, image.dtype
    ((4, 400, 400), dtype('uint8'))
    >>> nuclei_stain, protein = field.read(["blue", "green"])
    """

    image_id: str
    files: dict[str, Path]
    duplicates: dict[str, Path] = field(default_factory=dict)

    def read(self, channels: Sequence[str] = CHANNELS) -> NDArray[Any]:
        """Read some channels, in the order asked, and no other file.

        Returns
        -------
        ndarray (C, H, W)
            uint8, or uint16 where one of the channels is 16 bit (8-bit ones are then scaled by 257).

        Raises
        ------
        InputError
            A channel is missing, is there twice, cannot be read, or differs in size from the first.
        """
        planes = [read_plane(self._file(channel), channel) for channel in channels]
        for channel, plane in zip(channels, planes, strict=True):
            if plane.shape != planes[0].shape:
                raise InputError(
                    found=f"{channel} is {_size(plane)} px but {channels[0]} is {_size(planes[0])} px",
                    where=f"field {self.image_id}",
                    expected="channels of one size",
                    advice=f"export {self.files[channel].name} again",
                )
        if any(plane.dtype == np.uint16 for plane in planes):
            planes = [p if p.dtype == np.uint16 else p.astype(np.uint16) * 257 for p in planes]
        return np.stack(planes)

    def fingerprint(self) -> list[tuple[str, str, int, int]]:
        """Return channel, name, bytes and modification time (ns) of each file, to notice a changed input."""
        stats = [(channel, path.name, path.stat()) for channel, path in sorted(self.files.items())]
        return [(channel, name, stat.st_size, stat.st_mtime_ns) for channel, name, stat in stats]

    def _file(self, channel: str) -> Path:
        if channel in self.duplicates:
            raise InputError(
                found=f"two {channel} files: {self.files[channel].name} and {self.duplicates[channel].name}",
                where=f"field {self.image_id}",
                expected="one file a channel",
                advice="move one of them away",
            )
        if channel not in self.files:
            folder = next(iter(self.files.values())).parent
            raise InputError(
                found=f"no {channel} channel (found {', '.join(c for c in CHANNELS if c in self.files)})",
                where=f"field {self.image_id} in {folder}",
                expected=f"a file {self.image_id}_{channel} with one of {' '.join(SUFFIXES)}",
            )
        return self.files[channel]


def find_fields(folder: str | os.PathLike[str]) -> list[Field]:
    """Find the fields of a folder and its sub-folders, ordered by image ID.

    Files are named ``<ID>_red``, ``_green``, ``_blue``, ``_yellow`` with the ending of a PNG, TIFF, OME-TIFF
    or JPEG file, in any letter case. Hidden folders and colour composites such as ``<ID>_blue_red_green.jpg``
    are passed over.

    Raises
    ------
    InputError
        The folder does not exist or holds no such file.

    Examples
    --------
    >>> import hpacells as hpa
    >>> [field.image_id for field in hpa.find_fields("my_images")]
    ['A1']
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            found="no such folder", where=folder, expected="a folder of images", advice="check the path"
        )
    fields = _name_fields(_channel_files(folder), folder)
    if not fields:
        raise InputError(
            found="no field found",
            where=folder,
            expected="files <ID>_red.png _green.png _blue.png _yellow.png (or .tif, .ome.tif, .jpg)",
            advice="check the folder and the file names",
        )
    return sorted(fields, key=lambda found: found.image_id)


def to_uint8(image: NDArray[Any], full_scale: int | None = None) -> NDArray[np.uint8]:
    """Scale an image of 8 or 16 bit to uint8, rounding to the nearest grey level.

    Parameters
    ----------
    image
        Any shape, uint8 or uint16.
    full_scale
        The value that becomes 255, for cameras that do not use all bits (4095 for 12 bit); values above it
        are clipped. Default: the type's largest value, so uint8 images come back as they are.
    """
    limit = full_scale if full_scale is not None else np.iinfo(image.dtype).max
    if image.dtype == np.uint8 and limit == 255:
        return image
    scaled = image.astype(np.float32) * np.float32(255 / limit)
    return np.minimum(np.rint(scaled, out=scaled), 255, out=scaled).astype(np.uint8)


def _channel_files(folder: Path) -> Iterable[tuple[Path, str, str]]:
    """Yield (file, name without channel and suffix, channel) for every channel file below a folder."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            stem, channel = _split_name(name)
            if channel:
                yield Path(parent, name), stem, channel


def _split_name(name: str) -> tuple[str, str]:
    """Split ``<ID>_<channel><suffix>`` into ID and channel; the channel is empty for any other file."""
    lowered = name.lower()
    suffix = next((s for s in SUFFIXES if lowered.endswith(s)), None)
    if suffix is None or name.startswith("."):
        return "", ""
    stem, _, channel = name[: -len(suffix)].rpartition("_")
    is_composite = stem.lower().rpartition("_")[2] in CHANNELS
    if not stem or channel.lower() not in CHANNELS or is_composite:
        return "", ""
    return stem, channel.lower()


def _name_fields(found: Iterable[tuple[Path, str, str]], folder: Path) -> list[Field]:
    places: dict[str, dict[Path, Field]] = defaultdict(dict)
    for path, stem, channel in found:
        entry = places[stem].setdefault(path.parent, Field(stem, {}))
        taken = entry.duplicates if channel in entry.files else entry.files
        taken[channel] = path
    return [named for stem, entries in places.items() for named in _name_places(stem, entries, folder)]


def _name_places(stem: str, entries: dict[Path, Field], folder: Path) -> list[Field]:
    """Distinguish one field whose channels lie in several folders from several fields of one name."""
    channels = [channel for entry in entries.values() for channel in entry.files]
    if len(channels) == len(set(channels)):
        files = {channel: path for entry in entries.values() for channel, path in entry.files.items()}
        duplicates = {c: path for entry in entries.values() for c, path in entry.duplicates.items()}
        return [Field(stem, files, duplicates)]
    return [
        Field("_".join((*parent.relative_to(folder).parts, stem)), entry.files, entry.duplicates)
        for parent, entry in entries.items()
    ]


def _size(plane: NDArray[Any]) -> str:
    return f"{plane.shape[1]} x {plane.shape[0]}"

"""Fields of view: the file of each channel, and reading them."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.errors import InputError
from data.images.grey_levels import check_white, fill_range
from data.images.image_file import describe_file, find_sharpest, read_plane, stamp_file
from data.images.plane_address import WHOLE_FILE, PlaneAddress
from data.paths.channel_paths import ChannelPaths
from data.storage.images import request_images

REFERENCE_PIXEL_SIZE_UM = 0.08
"""Pixel size of a 2048 px HPA field (63x objective); assumed where none is known."""


_NO_PATHS = ChannelPaths({})


@dataclass(frozen=True, slots=True)
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
    addresses
        Channel name -> where in its file the channel lies; for files of one channel none is needed.
    full_scale
        Grey value that is white in the field's files, where it is not the largest of their type: up to 255 of
        8-bit files, else of 16-bit ones.
    full_scale_source
        How that value was found in a sample of files: a brighter one is then an error. Empty where it was
        given: what is brighter is white.
    fault
        Why the field cannot be read, found while the folder was listed, or None.

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
    files: Mapping[str, Path]
    duplicates: Mapping[str, Path] = field(default_factory=dict)
    addresses: Mapping[str, PlaneAddress] = field(default_factory=dict)
    full_scale: int | None = None
    full_scale_source: str = ""
    fault: InputError | None = None

    def __post_init__(self) -> None:
        # Of a large set all fields are in memory, and most of a field are its paths.
        for name in ("files", "duplicates"):
            paths = getattr(self, name)
            if not isinstance(paths, ChannelPaths):
                object.__setattr__(self, name, ChannelPaths(paths) if paths else _NO_PATHS)

    def read(self, channels: Sequence[str] = CHANNELS) -> NDArray[Any]:
        """Read some channels, in the order asked, and no other file.

        Returns
        -------
        ndarray (C, H, W)
            uint8, or uint16 where one of the channels is 16 bit (8-bit ones are then scaled by 257); white is
            the type's largest value, whatever the camera's is.

        Raises
        ------
        InputError
            A channel is missing, is there twice, cannot be read, or differs in size from the first; or
            stacks have different numbers of slices.
        """
        files = [self._file(channel) for channel in channels]
        request_images(files)
        slices = self._same_slice(channels)
        image = np.empty((0, 0, 0), np.uint8)
        for number, (path, channel, address) in enumerate(zip(files, channels, slices, strict=True)):
            plane = self._fill_range(read_plane(path, channel, address), path)
            if number == 0:
                image = np.empty((len(channels), *plane.shape), plane.dtype)
            if plane.shape != image.shape[1:]:
                raise InputError(
                    found=f"{channel} is {_size(plane)} px but {channels[0]} is {_size(image[0])} px",
                    where=f"field {self.image_id}",
                    expected="channels of one size",
                    advice=f"export {self.files[channel].name} again",
                )
            # Each plane goes to its place at once: kept beside each other they would take as much again.
            if plane.dtype == np.uint16 and image.dtype == np.uint8:
                image = _widen(image)
            image[number] = _widen(plane) if plane.dtype != image.dtype else plane
        return image

    def list_files(self, channels: Sequence[str] = CHANNELS) -> list[Path]:
        """List the files of those channels that were found."""
        return [self.files[channel] for channel in channels if channel in self.files]

    def fingerprint(self) -> list[tuple[str, str, int, int, str]]:
        """Return what shows that an input has changed, for each channel.

        Returns
        -------
        list
            Channel, name, bytes and modification time (ns) of its file, zeros where it is not there, and
            how it is read.
        """
        return [(channel, *self._stamp(channel)) for channel in sorted(self.files)]

    def _fill_range(self, plane: NDArray[Any], path: Path) -> NDArray[Any]:
        check_white(plane, self.full_scale, self.full_scale_source, path)
        return fill_range(plane, self.full_scale)

    def _same_slice(self, channels: Sequence[str]) -> list[PlaneAddress]:
        """Return the addresses of channels, all of the same slice where they are stacks.

        The sharpest slice is that of the nuclei, or of the first channel where there are none.
        """
        addresses = [self._address(channel) for channel in channels]
        stacked = [channel for channel in channels if self._address(channel).z]
        if not stacked:
            return addresses
        slices = {channel: self._count_slices(channel) for channel in stacked}
        if len(set(slices.values())) > 1:
            raise InputError(
                found=f"stacks of {', '.join(f'{count} ({name})' for name, count in slices.items())} slices",
                where=f"field {self.image_id}",
                expected="as many slices in every channel",
                advice="export the stacks again, or one slice of each",
            )
        count = slices[stacked[0]]
        if count == 1 or all(address.z != "sharpest" for address in addresses):
            return addresses
        reference = "blue" if "blue" in self.files else min(self.files)
        found = find_sharpest(self._file(reference), reference, self._address(reference), count)
        return [replace(address, z=str(found)) for address in addresses]

    def _count_slices(self, channel: str) -> int:
        address = self._address(channel)
        pictures = describe_file(self._file(channel), address.max_pixels)
        picture = pictures[min(address.picture, len(pictures) - 1)]
        return picture.slices * picture.times

    def _stamp(self, channel: str) -> tuple[str, int, int, str]:
        path, how = self.files[channel], f"{self._address(channel)} {self.full_scale}"
        try:
            return path.name, *stamp_file(path, self._address(channel).picture), how
        except (OSError, InputError):
            return path.name, 0, 0, how

    def _address(self, channel: str) -> PlaneAddress:
        return self.addresses.get(channel, WHOLE_FILE)

    def _file(self, channel: str) -> Path:
        if self.fault is not None:
            # A copy: the trace of one that is kept would keep what the callers had in memory.
            raise copy(self.fault)
        if channel in self.duplicates:
            raise InputError(
                found=f"two {channel} files: {self.files[channel].name} and {self.duplicates[channel].name}",
                where=f"field {self.image_id}",
                expected="one file a channel",
                advice="move one of them away",
            )
        if channel not in self.files:
            there = [known for known in CHANNELS if known in self.files]
            path = self.files[there[0]]
            raise InputError(
                found=f"no {channel} channel (found {', '.join(there)})",
                where=f"field {self.image_id} in {path.parent}",
                expected=f"a file of it like {path.name}, the {there[0]} one",
                advice="copy it there, leave the field out, or do without the channel in all fields "
                "(segment.channels)",
            )
        return self.files[channel]


def _widen(image: NDArray[Any]) -> NDArray[np.uint16]:
    wide = image.astype(np.uint16)
    wide *= 257
    return wide


def _size(plane: NDArray[Any]) -> str:
    return f"{plane.shape[1]} x {plane.shape[0]}"

"""The files of a field's pictures as they were at one time, to notice later that they are others."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.errors import InputError
from data.fields.field import Field
from data.images.image_file import list_files, stamp_file
from data.images.plane_address import WHOLE_FILE
from data.place_names import show_places
from data.storage.images import at_hand, find_remote

_WHOLE_BYTES = 1 << 26
"""Files up to this size are hashed as a whole, of larger ones evenly spaced parts: as much in all."""

_PARTS = 64


@dataclass(frozen=True)
class PictureFile:
    """The file of one channel.

    Attributes
    ----------
    path
        Where it was.
    size, modified_ns
        Bytes and time of modification (ns).
    picture, channel
        Which of its pictures, and which channel of it.
    content
        Hash of its content.
    """

    path: str
    size: int
    modified_ns: int
    picture: int
    channel: int | None
    content: str


def record_files(field: Field, channels: Sequence[str]) -> dict[str, PictureFile]:
    """Read and hash the files of those channels that a field has.

    Raises
    ------
    OSError, InputError
        One cannot be read.
    """
    return {channel: _record(field, channel) for channel in channels if channel in field.files}


def find_other(field: Field, recorded: Mapping[str, PictureFile]) -> str | None:
    """Find a channel whose picture is not the recorded one, wherever it was; None where all are.

    Content is read only where path, size or time of a file differ.

    Raises
    ------
    OSError, InputError
        A file cannot be read.
    """
    for channel, before in recorded.items():
        if channel not in field.files:
            continue
        address = field.addresses.get(channel, WHOLE_FILE)
        path = field.files[channel]
        if (address.picture, address.channel) != (before.picture, before.channel):
            return channel
        size, modified_ns = stamp_file(path, address.picture)
        if size != before.size:
            return channel
        is_same_file = (_name_place(path), modified_ns) == (before.path, before.modified_ns)
        if not is_same_file and _hash_content(path, address.picture, size, modified_ns) != before.content:
            return channel
    return None


def refuse_other(field: Field, recorded: Mapping[str, PictureFile]) -> None:
    """Check that the pictures of a field are the recorded ones.

    Raises
    ------
    InputError
        One is another, or cannot be read.
    """
    try:
        channel = find_other(field, recorded)
    except OSError as error:
        raise InputError(
            found=f"cannot be opened ({error.strerror})", where=error.filename, expected="a readable image"
        ) from None
    if channel is not None:
        raise InputError(
            found=f"not the {channel} picture that was segmented, which was {recorded[channel].path}",
            where=field.files[channel],
            expected="the same picture, there or elsewhere",
            advice="run `hpacells segment` again on the images that are to be used",
        )


def _record(field: Field, channel: str) -> PictureFile:
    path, address = field.files[channel], field.addresses.get(channel, WHOLE_FILE)
    size, modified_ns = stamp_file(path, address.picture)
    content = _hash_content(path, address.picture, size, modified_ns)
    return PictureFile(_name_place(path), size, modified_ns, address.picture, address.channel, content)


def _name_place(path: Path) -> str:
    """Return the whole path of a file without links, or its URL."""
    return str(path.resolve()) if find_remote(path) is None else show_places(str(path))


# Channels and fields may share a file.
@lru_cache(maxsize=64)
def _hash_content(path: Path, picture: int, _size: int, _modified_ns: int) -> str:
    content = hashlib.sha256()
    for file in sorted(list_files(path, picture)):
        with at_hand(file):
            content.update(_hash_file(file))
    return content.hexdigest()


def _hash_file(path: Path) -> bytes:
    with path.open("rb") as file:
        size = path.stat().st_size
        if size <= _WHOLE_BYTES:
            return hashlib.file_digest(file, "sha256").digest()
        content, part = hashlib.sha256(), _WHOLE_BYTES // _PARTS
        for number in range(_PARTS):
            file.seek(number * (size - part) // (_PARTS - 1))
            content.update(file.read(part))
        return content.digest()

"""The two containers in which torch saves: zip archives, and one pickle after the other ("legacy")."""

import io
import mmap
import struct
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO

import numpy as np

from data.pickles.machine import read_pickle
from data.pickles.printable import printable
from models.weights.pickles.records import StorageRecord
from models.weights.pickles.torch_names import TorchNames

ZIP_MAGIC = b"PK\x03\x04"
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001

MOST_PICKLE_BYTES = 1 << 26
"""That of a DPN-UNet has 147,353; what is 400 times as large is no pickle of a network."""

_LOCAL_HEADER = struct.Struct("<4s22xHH")

Place = Callable[[StorageRecord], int]
"""Where a storage begins in the file, in bytes; ValueError where the file does not have the whole of it."""


def item_bytes(dtype: str) -> int:
    """Size of one element of a storage."""
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def read_container(path: Path) -> tuple[object, Place]:
    """Read what a torch file describes, without its numbers.

    Parameters
    ----------
    path
        A file that ``torch.save`` wrote.

    Returns
    -------
    content
        What was saved, as `data.pickles.machine.read_pickle` gives it.
    place
        Finds the numbers of a storage.

    Raises
    ------
    RefusedError, ValueError
        As for `data.pickles.machine.read_pickle`; ValueError also for other and for damaged files.
    """
    with path.open("rb") as file:
        start = file.read(len(ZIP_MAGIC))
        if not start:
            msg = "an empty file"
            raise ValueError(msg)
        return _read_zip(file) if start == ZIP_MAGIC else _read_legacy(file)


def _read_zip(file: IO[bytes]) -> tuple[object, Place]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, struct.error, NotImplementedError, UnicodeError) as error:
        msg = "a zip archive that is damaged or cut off"
        raise ValueError(msg) from error
    entries = {entry.filename: entry for entry in archive.infolist()}
    pickles = [name for name in entries if name.endswith("/data.pkl")]
    if len(entries) != len(archive.infolist()) or len(pickles) != 1:
        msg = "a zip archive with entries of the same name, or without just one data.pkl"
        raise ValueError(msg)
    folder = pickles[0].removesuffix("data.pkl")
    places = {name: _entry_place(file, entry) for name, entry in entries.items() if name.startswith(folder)}

    def load(name: str) -> bytes:
        start, size = places[folder + name]
        if size > MOST_PICKLE_BYTES:
            msg = f"{size} bytes of {name}"
            raise ValueError(msg)
        file.seek(start)
        return file.read(size)

    if folder + "byteorder" in places and load("byteorder") != b"little":
        msg = "numbers in big-endian order"
        raise ValueError(msg)

    def place(storage: StorageRecord) -> int:
        start, size = places.get(f"{folder}data/{storage.key}", (0, -1))
        if size != storage.count * item_bytes(storage.dtype):
            msg = f"storage {printable(storage.key)} is missing or has another size than it should"
            raise ValueError(msg)
        return start

    return read_pickle(io.BytesIO(load("data.pkl")), TorchNames()), place


def _entry_place(file: IO[bytes], entry: zipfile.ZipInfo) -> tuple[int, int]:
    """Return first byte and size of an entry, which torch never compresses or encrypts."""
    if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
        msg = f"{printable(entry.filename)} is compressed or encrypted, which torch never does"
        raise ValueError(msg)
    file.seek(entry.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    end = file.seek(0, io.SEEK_END)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(ZIP_MAGIC):
        msg = f"{printable(entry.filename)} is not where the archive says"
        raise ValueError(msg)
    _, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    start = entry.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes
    if entry.file_size != entry.compress_size or start + entry.file_size > end:
        msg = f"{printable(entry.filename)} reaches beyond the end of the archive"
        raise ValueError(msg)
    return start, entry.file_size


def _read_legacy(file: IO[bytes]) -> tuple[object, Place]:
    # Mapped, so that a length in the pickle can never ask for more memory than the file has bytes.
    with closing(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) as mapped:
        names = TorchNames()
        if read_pickle(mapped, names) != LEGACY_MAGIC or read_pickle(mapped, names) != LEGACY_PROTOCOL:
            msg = "a pickle that torch.save did not write"
            raise ValueError(msg)
        system = read_pickle(mapped, names)
        if not isinstance(system, dict) or system.get("little_endian") is not True:
            msg = "numbers in big-endian order"
            raise ValueError(msg)
        names = TorchNames()
        content = read_pickle(mapped, names)
        starts = _legacy_starts(mapped, names.storages)

    return content, lambda storage: starts[storage.key]


def _legacy_starts(mapped: mmap.mmap, storages: dict[str, StorageRecord]) -> dict[str, int]:
    """Find where each storage begins; behind the pickles there are, for each, its count and its numbers."""
    keys = read_pickle(mapped, TorchNames())
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(storages):
        msg = "a list of storages that is not that of the pickle"
        raise ValueError(msg)
    starts = {}
    for key in keys:
        count = int.from_bytes(mapped.read(8), "little", signed=True)
        starts[key] = mapped.tell()
        storage = storages[key]
        end = starts[key] + count * item_bytes(storage.dtype)
        if count != storage.count or end > mapped.size():
            msg = f"storage {printable(key)} has another size than it should, or the file is cut off"
            raise ValueError(msg)
        mapped.seek(end)
    return starts

"""Files of an export without the time of the prediction that they tell."""

import hashlib
import json
import re
from pathlib import Path

import h5py
import numpy as np

from data.text.hashed_json import read_hashed

_PREDICTED = "predicted"
"""Name of that time in tables for other programs."""

_DATE = re.compile(rb'("date_created": ?")[-0-9T:+]+')

_TIME = re.compile(rb"20\d\d-\d\d-\d\dT[0-9:+]+")


def tells_time(path: Path) -> bool:
    """Check whether a file is one of an export that tells when its cells were predicted."""
    is_of_store = path.name == ".export.json" or f"/{_PREDICTED}/c" in path.as_posix()
    return is_of_store or path.name == "annotations.json" or path.suffix in (".h5ad", ".h5sc")


def read_without_time(path: Path) -> bytes:
    """Read such a file; a damaged one as it is."""
    content = path.read_bytes()
    if path.name == "annotations.json":
        return _DATE.sub(rb"\1", content)
    if path.name == ".export.json":
        return _read_record(path) or content
    if path.suffix in (".h5ad", ".h5sc"):
        return _read_hdf5(path) or content
    return _TIME.sub(b"a time", content)


def _read_record(path: Path) -> bytes:
    record = read_hashed(path)
    if not isinstance(record, dict) or "files" not in record:
        return b""
    files = {name: content for name, content in record["files"].items() if f"/{_PREDICTED}/" not in name}
    return json.dumps({**record, "files": files}).encode()


def _read_hdf5(path: Path) -> bytes:
    """Return a hash of each array, with its name, type and attributes; empty where one cannot be read."""
    lines: list[str] = []

    def describe(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if name.endswith(f"/{_PREDICTED}"):
            return
        attributes = sorted((key, str(value)) for key, value in item.attrs.items())
        content = b""
        if isinstance(item, h5py.Dataset):
            values = np.asarray(item[()])
            content = values.tobytes() if values.dtype != object else repr(values.tolist()).encode()
            content += str(values.dtype).encode()
        lines.append(f"{name} {attributes} {hashlib.sha256(content).hexdigest()}")

    try:
        with h5py.File(path) as file:
            file.visititems(describe)
    except (OSError, RuntimeError, ValueError, KeyError):
        return b""
    return "\n".join(lines).encode()

"""Hashes by which simulated fields, and the code that makes them, are known again."""

import hashlib
import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.simulate.field import SimulatedField


def hash_truth(field: SimulatedField) -> str:
    """Hash what is known of a field: both label images, and the labels of its cells and of the image."""
    labels = [field.cell_labels, field.image_labels, field.given_labels]
    return _hash_arrays(field.cells, field.nuclei, json.dumps(labels))


def hash_pixels(image: NDArray[np.unsignedinteger]) -> str:
    """Hash a field's channels (4, H, W) uint8 or uint16."""
    return _hash_arrays(image)


@cache
def hash_simulator() -> str:
    """Hash the source of the simulator: other code may make other fields of the same settings."""
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _hash_arrays(*parts: NDArray[np.unsignedinteger] | str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(part.encode())
        else:
            # Little-endian, so that every processor hashes the same bytes.
            little = part.astype(part.dtype.newbyteorder("<"), copy=False)
            digest.update(f"{part.dtype.name} {part.shape}".encode())
            digest.update(np.ascontiguousarray(little).data)
    return digest.hexdigest()

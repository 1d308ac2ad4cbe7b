"""From a published pickle to safetensors with our names."""

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from data.atomic import atomic_write
from data.errors import InputError
from models.segmenters.dpn_unet.published_names import published_names, rename_published
from models.weights.layout import check_entries
from models.weights.packed import unpacked
from models.weights.pickles.reader import StoredTensor, read_network

COUNTERS = "num_batches_tracked"
"""The entries that are int64; all others are float32."""


def convert(source: Path, target: Path) -> None:
    """Convert a DPN-UNet from a pickle to safetensors.

    Every entry is checked against the network before anything is written. One tensor at a time is in memory
    (the largest has 173 MB), and nothing that the pickle names is run.

    Parameters
    ----------
    source
        Whole module or state dict that ``torch.save`` wrote, plain or from within ``DataParallel``; also
        packed with xz.
    target
        File to write, float32 (counters: int64).

    Raises
    ------
    InputError
        For a pickle that is refused or damaged, and for entries that are missing, surplus, or of another
        shape or kind.
    """
    with unpacked(source, target.parent) as plain:
        _convert(plain, target)


def _convert(source: Path, target: Path) -> None:
    tensors = rename_published(read_network(source))
    check_layout(source, {name: tensor.shape for name, tensor in tensors.items()})
    for name, tensor in tensors.items():
        if tensor.is_float == name.endswith(COUNTERS):
            expected = "integers" if tensor.is_float else "floating-point numbers"
            raise InputError(found=f"{name} has another kind of numbers", where=source, expected=expected)
    # Counters first, as safetensors wants the wider type first; then all are aligned.
    ordered = sorted(tensors.items(), key=lambda entry: entry[1].is_float)
    with atomic_write(target) as temporary:
        _write(source, temporary, dict(ordered))


def copy_converted(source: Path, target: Path) -> None:
    """Copy a file that `convert` wrote, after checking that it is one and whole.

    Raises
    ------
    InputError
        For anything else.
    """
    check_layout(source, read_shapes(source))
    with atomic_write(target) as temporary:
        shutil.copyfile(source, temporary)


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Read the shape of every entry of a safetensors file.

    Raises
    ------
    InputError
        For a file that is no safetensors file, or not whole.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(
            found=f"cannot be read ({error})", where=path, expected="a whole safetensors file"
        ) from error


def check_layout(where: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """Refuse entries that are not those of a DPN-UNet.

    Parameters
    ----------
    where
        The file that has them.
    shapes
        Shape of each entry, by our names.

    Raises
    ------
    InputError
        Naming entries that are missing, surplus, or of another shape.
    """
    advice = "take one of the files that `hpacells weights list` names"
    check_entries(where, shapes, _expected_shapes(), "a DPN-UNet", advice)


def _expected_shapes() -> dict[str, tuple[int, ...]]:
    import torch

    from models.segmenters.dpn_unet.network import DPNUnet

    with torch.device("meta"):
        entries = DPNUnet().state_dict()
    return {name: tuple(entries[name].shape) for name in published_names().values()}


def _write(source: Path, target: Path, tensors: dict[str, StoredTensor]) -> None:
    """Write safetensors tensor by tensor; the library's own writer needs all of them at once."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        dtype, item_bytes = ("F32", 4) if tensor.is_float else ("I64", 8)
        start, end = end, end + item_bytes * int(np.prod(tensor.shape, dtype=np.int64))
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with source.open("rb") as reading, target.open("wb") as writing:
        writing.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            writing.write(tensor.read(reading).data)

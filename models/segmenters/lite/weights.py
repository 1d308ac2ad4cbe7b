"""Weights of the lite network in files: safetensors, in half precision."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from data.atomic import atomic_write
from data.errors import InputError
from data.file_hash import hash_file
from models.finite_weights import check_finite
from models.segmenters.lite.bundled import LITE_WEIGHTS
from models.segmenters.lite.network import LiteNetwork


def save_lite_weights(path: Path, network: LiteNetwork) -> None:
    """Write a network's weights in half precision; counters of normalisation layers are left out."""
    state = {
        name: tensor.detach().cpu().contiguous().to(torch.float16)
        for name, tensor in network.state_dict().items()
        if tensor.is_floating_point()
    }
    with atomic_write(path) as temporary:
        save_file(state, temporary)
        # safetensors makes files that only their owner can read.
        temporary.chmod(0o644)


def load_lite_network(path: Path = LITE_WEIGHTS) -> LiteNetwork:
    """Make a network with the weights of a file, in float32, ready to predict.

    Raises
    ------
    InputError
        There is no such file, or it is not of this network.
    """
    network = LiteNetwork()
    expected = "weights that `hpacells segmenter train` wrote"
    try:
        stored = load_file(path)
        check_finite(stored, path)
        state = {name: tensor.float() for name, tensor in stored.items()}
        missing, surplus = network.load_state_dict(state, strict=False)
    except FileNotFoundError:
        raise InputError(found="no such file", where=path, expected=expected) from None
    except (OSError, SafetensorError, RuntimeError) as error:
        found = f"unreadable ({' '.join(str(error).split())[:120]})"
        raise InputError(found=found, where=path, expected=expected) from None
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or surplus:
        found = f"weights of another network ({len(missing)} missing, {len(surplus)} unknown)"
        raise InputError(found=found, where=path, expected=expected)
    return network.eval()


def hash_weights(path: Path) -> str:
    """Return the SHA-256 of a file of weights, shortened to 16 hexadecimal digits."""
    return hash_file(path)[:16]

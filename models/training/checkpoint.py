"""Checkpoints: the whole state of a training, so that a killed one goes on as if nothing had happened."""

import logging
import pickle
from pathlib import Path
from typing import Any

import torch

from data.atomic import atomic_write

log = logging.getLogger("hpacells")


def save_checkpoint(path: Path, key: str, state: dict[str, Any]) -> None:
    """Write a state of tensors and plain values, with the random state of torch.

    Parameters
    ----------
    path
        The file, which is replaced.
    key
        What the training depends on; it is asked for again when the checkpoint is read.
    state
        Nested dicts and lists of tensors, numbers, strings and None.
    """
    whole = {"key": key, "state": state, "random": torch.get_rng_state()}
    if torch.cuda.is_available():
        whole["random_cuda"] = torch.cuda.get_rng_state_all()
    with atomic_write(path) as temporary:
        torch.save(whole, temporary)


def load_checkpoint(path: Path, key: str) -> dict[str, Any] | None:
    """Read the state of an interrupted training of the same key, and take up its random state.

    Returns
    -------
    dict or None
        None where there is no checkpoint, it is of another training, or it cannot be read.
    """
    try:
        whole = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        log.warning("%s: checkpoint cannot be read (%s); training starts anew", path, error)
        return None
    if whole.get("key") != key:
        log.info("%s: checkpoint of another training; training starts anew", path)
        return None
    torch.set_rng_state(whole["random"])
    cuda = whole.get("random_cuda", [])
    if torch.cuda.is_available() and len(cuda) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(cuda)
    return whole["state"]

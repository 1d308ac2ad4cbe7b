"""Checkpoints: the whole state of a training, so that a killed one goes on as if nothing had happened."""

import logging
import pickle  # nosec B403 # for its error alone: torch.load is asked for weights only
import time
from pathlib import Path
from typing import Any

import torch

from data.atomic import atomic_write
from data.software.differences import find_differences, name_differences
from data.software.versions import library_versions

_EXACT = ("torch",)
"""Libraries of which any other release makes another training: the random numbers and sums are torch's."""

log = logging.getLogger("hpacells")

_FORMAT = 3
"""Number of the layout of what is kept; a checkpoint of another is not taken."""


class Checkpoint:
    """The file of a training's state, written now and then.

    Parameters
    ----------
    path
        The file.
    key
        What the training depends on; a checkpoint of another is not taken. Neither is one that was written
        under other versions of the libraries that make pixels: the tiles of one training are all made alike.
    seconds
        Time from one checkpoint to the next.
    """

    def __init__(self, path: Path, key: str, seconds: float) -> None:
        self._path, self._key, self._seconds = path, key, seconds
        self._last = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Return whether it is time for the next one."""
        return time.monotonic() - self._last >= self._seconds

    def save(self, state: dict[str, Any]) -> None:
        """Write a state of tensors and plain values, with the random state of torch, in place of the last.

        Parameters
        ----------
        state
            Nested dicts and lists of tensors, numbers, strings and None.
        """
        whole = {
            "format": _FORMAT,
            "key": self._key,
            "versions": library_versions(),
            "state": state,
            "random": torch.get_rng_state(),
        }
        if torch.cuda.is_available():
            whole["random_cuda"] = torch.cuda.get_rng_state_all()
        with atomic_write(self._path) as temporary, temporary.open("wb") as file:
            try:
                torch.save(whole, file)
            except RuntimeError as error:
                # What torch says of a full disk hides what the system said of it.
                if isinstance(error.__context__, OSError):
                    raise error.__context__ from None
                raise
        self._last = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """Read the state of an interrupted training of the same key, and take up its random state.

        Returns
        -------
        dict or None
            None where there is no checkpoint, it is of another training or of other versions of libraries,
            or it cannot be read; a warning or message says which.
        """
        try:
            whole = torch.load(self._path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            log.warning(
                "%s: checkpoint cannot be read (%s); training starts from the beginning", self._path, error
            )
            return None
        if (whole.get("format"), whole.get("key")) != (_FORMAT, self._key):
            log.info("%s: checkpoint of another training; training starts from the beginning", self._path)
            return None
        differences = find_differences(whole["versions"], exact=_EXACT)
        if differences:
            log.warning(
                "%s: checkpoint written with %s; training starts from the beginning, so that all tiles are "
                "changed alike; to go on instead, stop now and install those versions: the checkpoint is "
                "replaced after %g s",
                self._path,
                name_differences(differences),
                self._seconds,
            )
            return None
        torch.set_rng_state(whole["random"])
        cuda = whole.get("random_cuda", [])
        if torch.cuda.is_available() and len(cuda) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(cuda)
        return whole["state"]

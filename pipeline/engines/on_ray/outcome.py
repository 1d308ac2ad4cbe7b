"""What comes back from another process: a result or why there is none, and what was logged on the way."""

import logging
import pickle  # nosec B403 # of what this process has pickled
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from logging.handlers import QueueHandler
from typing import Any

LOGGER = "hpacells"


@dataclass
class Outcome:
    """What came of one call.

    Attributes
    ----------
    value, error
        The result, or why there is none.
    records
        What was logged on the way.
    is_fatal
        Whether every other call would fail alike.
    is_lost
        Whether it failed because another process was lost, so that it can be repeated.
    """

    value: Any = None
    error: Exception | None = None
    records: list[logging.LogRecord] = field(default_factory=list)
    is_fatal: bool = False
    is_lost: bool = False


def make_outcome(call: Callable[[], Any]) -> Outcome:
    """Call a function; return its result, or the error that it raised, as it can be sent."""
    from ray.exceptions import RayError

    outcome = Outcome()
    logger, recorder = logging.getLogger(LOGGER), _Recorder(outcome.records)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(recorder)
    try:
        outcome.value = call()
    except RayError as error:
        outcome.error, outcome.is_lost = _make_portable(error), True
    except Exception as error:
        outcome.error = _make_portable(error)
    finally:
        logger.removeHandler(recorder)
    return outcome


def _make_portable(error: Exception) -> Exception:
    """Return an error that can be pickled: itself, or one with its message."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 # nosec B301 # its own
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


class _Recorder(QueueHandler):
    """Keeps what this thread logs in a list, with the messages made."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(records)  # pyright: ignore[reportArgumentType]
        self._records, self._thread = records, threading.get_ident()

    def enqueue(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._records.append(record)

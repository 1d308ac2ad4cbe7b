"""Noting the warnings of a stage, so that its manifest and the report can repeat them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

MOST_NOTED = 100
"""Warnings of a stage that are noted."""


class _Notes(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if len(self.texts) < MOST_NOTED and text not in self.texts:
            self.texts.append(text)


@contextmanager
def noted_warnings() -> Iterator[list[str]]:
    """Yield a list to which each warning and error that is logged is added, once and 100 at most."""
    notes, logger = _Notes(), logging.getLogger("hpacells")
    logger.addHandler(notes)
    try:
        yield notes.texts
    finally:
        logger.removeHandler(notes)

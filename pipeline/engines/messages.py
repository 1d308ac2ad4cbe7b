"""Messages to the user: one plain line each on standard error."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from data.errors import InputError
from pipeline.engines.local import CONSOLE
from pipeline.engines.torchrun import is_follower

BAD_INPUT = 2
"""Exit status where the user's input is wrong, in whole or in part."""

STOPPED = 130
"""Exit status after Ctrl-C, as shells have it."""


class _ConsoleHandler(logging.Handler):
    """Write through the console that shows the progress bars, so that neither breaks the other."""

    def emit(self, record: logging.LogRecord) -> None:
        prefix = "" if record.levelno < logging.WARNING else f"hpacells: {record.levelname.lower()}: "
        CONSOLE.print(prefix + self.format(record), markup=False, highlight=False, soft_wrap=True)


def show_messages() -> None:
    """Show what the logger ``hpacells`` is told, from INFO up; of followers, errors alone."""
    logger = logging.getLogger("hpacells")
    logger.setLevel(logging.ERROR if is_follower() else logging.INFO)
    logger.propagate = False
    logger.handlers = [_ConsoleHandler()]


@contextmanager
def reported_in_one_line() -> Iterator[None]:
    """Report a mistake of the user's in one line and exit with status 2; Ctrl-C exits with status 130."""
    try:
        yield
    except InputError as error:
        logging.getLogger("hpacells").error(str(error))
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        logging.getLogger("hpacells").error("stopped; the same command resumes where it stopped")
        sys.exit(STOPPED)

"""Messages to the user: one plain line each on standard error."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from data.errors import InputError
from data.place_names import show_places
from data.system_errors import find_system_error
from data.text.readable_text import readable_line
from pipeline.engines.local import CONSOLE
from pipeline.engines.system_errors import explain_system_error
from pipeline.engines.torchrun import is_follower

BAD_INPUT = 2
"""Exit status where the user's input is wrong, in whole or in part."""

STOPPED, TERMINATED, PIPE_CLOSED = 130, 143, 141
"""Exit statuses after Ctrl-C, after SIGTERM, and where nobody reads the output, as shells have them."""


class _ConsoleHandler(logging.Handler):
    """Write through the console that shows the progress bars, so that neither breaks the other."""

    def emit(self, record: logging.LogRecord) -> None:
        prefix = "" if record.levelno < logging.WARNING else f"hpacells: {record.levelname.lower()}: "
        text = show_places(self.format(record))
        if record.levelno >= logging.WARNING:
            # One line, whatever a library or the name of a file has in it.
            text = readable_line(" ".join(text.split()))
        CONSOLE.print(prefix + text, markup=False, highlight=False, soft_wrap=True)


def show_messages() -> None:
    """Show what the logger ``hpacells`` is told, from INFO up; of followers, errors alone."""
    logger = logging.getLogger("hpacells")
    logger.setLevel(logging.ERROR if is_follower() else logging.INFO)
    logger.propagate = False
    logger.handlers = [_ConsoleHandler()]
    # Their remarks on files name no file; what is wrong with one is told by who reads it.
    for library in ("tifffile", "imagecodecs"):
        logging.getLogger(library).addHandler(logging.NullHandler())


@contextmanager
def reported_in_one_line() -> Iterator[None]:
    """Report what the user or the system did wrong in one line and exit with status 2.

    Ctrl-C and SIGTERM, as batch systems send it, exit with status 130 and 143.
    """
    log = logging.getLogger("hpacells")
    terminated = _raise_on_sigterm()
    try:
        yield
    except InputError as error:
        log.error(str(error))
        sys.exit(BAD_INPUT)
    except BrokenPipeError:
        # Whoever read our output has enough of it, as `head` has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(PIPE_CLOSED)
    except Exception as error:
        found = find_system_error(error)
        if found is None:
            raise
        log.error(str(explain_system_error(found)))
        log.debug("", exc_info=True)
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        log.error("stopped; the same command resumes where it stopped")
        sys.exit(TERMINATED if terminated else STOPPED)


def _raise_on_sigterm() -> list[int]:
    """Let SIGTERM end a command as Ctrl-C does; return a list that is filled once it has come."""
    signals: list[int] = []

    def stop(number: int, _: object) -> None:
        signals.append(number)
        raise KeyboardInterrupt

    # Only the main thread may set it: commands that are called from another one have their own.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
    return signals

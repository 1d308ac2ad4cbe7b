"""Messages to the user: one plain line each on standard error."""

import logging

from pipeline.engines.local import CONSOLE


class _ConsoleHandler(logging.Handler):
    """Write through the console that shows the progress bars, so that neither breaks the other."""

    def emit(self, record: logging.LogRecord) -> None:
        prefix = "" if record.levelno < logging.WARNING else f"hpacells: {record.levelname.lower()}: "
        CONSOLE.print(prefix + self.format(record), markup=False, highlight=False, soft_wrap=True)


def show_messages() -> None:
    """Show what the logger ``hpacells`` is told, from INFO up."""
    logger = logging.getLogger("hpacells")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [_ConsoleHandler()]

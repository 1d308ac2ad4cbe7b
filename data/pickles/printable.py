"""Texts of an untrusted file in messages."""

MOST_SHOWN = 120
"""Characters."""


def printable(text: str) -> str:
    """Return a text without what a terminal would obey, and cut where it is very long."""
    shown = text if text.isprintable() else ascii(text)
    return shown if len(shown) <= MOST_SHOWN else shown[:MOST_SHOWN] + "..."

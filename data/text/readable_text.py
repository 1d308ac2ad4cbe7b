"""Text that can be printed and stored: what is no character of a file's name is written as its number."""

import re

_NO_CHARACTERS = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def readable(text: str) -> str:
    """Return a text in which bytes that are no UTF-8 are written as in addresses: ``%B5``.

    Python reads such bytes of a file's name as halves of a surrogate pair, which can neither be printed nor
    stored.
    """
    return _NO_CHARACTERS.sub(lambda found: f"%{ord(found[0]) & 0xFF:02X}", text)


def readable_line(text: str) -> str:
    """Return a readable text in which control characters, also ends of lines, are written as ``%0A``."""
    return _CONTROLS.sub(lambda found: f"%{ord(found[0]):02X}", readable(text))

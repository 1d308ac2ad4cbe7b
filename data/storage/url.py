"""URLs of files and folders, also as `Path` leaves them, and what may be written of them."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

# One letter would be a drive of Windows. `Path` makes one slash of two.
_URL = re.compile(r"(?P<protocol>[A-Za-z][A-Za-z0-9+.-]+):/{1,3}(?P<rest>[^/].*)", re.DOTALL)
# `Path` leaves no slash of ``s3://``. Other words may end in a colon.
_WITHOUT_PLACE = re.compile(r"(?P<protocol>s3a?|gc?s|az|abfs|https?):/*", re.IGNORECASE)
_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/{1,2}[^\s/]\S*")

LOCAL = ("file", "local")
"""Protocols of this machine's own files."""

WEB = ("http", "https")
"""Protocols of web servers, to which nothing is written."""


def find_url(place: str | os.PathLike[str]) -> str | None:
    """Return the URL that was given for a file or folder; None where it is a path of this machine.

    A path such as ``s3:/bucket`` that is there is a path. ``s3://`` is a URL, though it leads nowhere.
    """
    text = os.fspath(place)
    match = _URL.fullmatch(text) or _WITHOUT_PLACE.fullmatch(text)
    if match is None or Path(text).exists():
        return None
    return f"{match['protocol'].lower()}://{match.groupdict().get('rest', '').rstrip('/')}"


def find_local(place: Path | None) -> Path | None:
    """Return the path of a URL of this machine, such as ``file:///data``; others, and paths, as they are."""
    url = None if place is None else find_url(place)
    if url is None:
        return place
    protocol, _, rest = url.partition("://")
    return Path("/" + rest.lstrip("/")) if protocol in LOCAL else place


def without_secrets(url: str) -> str:
    """Return a URL without what may be secret: user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def hide_secrets(text: str) -> str:
    """Return a text in which no URL has anything that may be secret."""
    return _IN_TEXT.sub(lambda found: _clean(found[0]), text)


def _clean(found: str) -> str:
    try:
        return without_secrets(found)
    except ValueError:
        # No URL, though it begins like one: nothing after its protocol is shown.
        return found.partition(":")[0] + "://..."

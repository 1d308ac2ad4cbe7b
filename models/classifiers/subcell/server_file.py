"""A file on a web server, of which nothing is known beforehand."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from data.errors import InputError
from models.weights.resumed_download import HEADERS, TIMEOUT_S, ResumedDownload
from models.weights.retrieve import retrieve

_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class ServerFile:
    """What a server says of a file.

    Attributes
    ----------
    url
        Its address.
    size
        Bytes.
    version
        The server's mark of the content (ETag); empty where it has none. S3's is the MD5 of a file that was
        uploaded in one piece.
    """

    url: str
    size: int
    version: str

    @property
    def checksum(self) -> str:
        """``md5:...`` where the mark is one, else empty."""
        return f"md5:{self.version}" if _MD5.fullmatch(self.version) else ""


def ask_server(url: str) -> ServerFile:
    """Ask a server for size and version of a file.

    Raises
    ------
    requests.RequestException
        There is no answer, or one of an error.
    InputError
        The server does not say how long the file is.
    """
    response = requests.head(url, headers=HEADERS, timeout=TIMEOUT_S, allow_redirects=True)
    response.raise_for_status()
    length = response.headers.get("Content-Length", "")
    if not length.isdecimal() or "text/html" in response.headers.get("Content-Type", ""):
        raise InputError(
            found="an answer that is no file of weights",
            where=url,
            expected="a file whose length the server states",
            advice="a proxy or a sign-in page may have answered instead",
        )
    return ServerFile(url, int(length), response.headers.get("ETag", "").strip('W/"'))


def download(file: ServerFile, folder: Path, show: Callable[[int], None], pause_s: float) -> Path:
    """Download a file into a folder; an interrupted download is resumed.

    Raises
    ------
    requests.RequestException
        Several attempts in a row brought nothing; what was received is kept.
    InputError
        The checksum is wrong; the file is removed.
    """
    name = file.url.rpartition("/")[2]
    # Named by its version, so that the part of another version is never continued.
    mark = re.sub(r"[^0-9A-Za-z-]", "", file.version) or str(file.size)
    part = folder / f".{name}.{mark}.part"
    downloader = ResumedDownload(part, file.size, show, pause_s)
    return retrieve(file.url, file.checksum, name, folder, downloader)

"""A download that goes on where it was cut."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import requests

TIMEOUT_S = (15, 60)
"""Seconds to connect, and between two pieces of an answer."""

# Zenodo limits clients that do not say who they are.
HEADERS = {"User-Agent": "hpacells (https://doi.org/10.5281/zenodo.4665863)", "Accept-Encoding": "identity"}

CHUNK_BYTES = 1 << 16
"""Written at once; what a cut leaves of one is asked for again."""

MOST_FRUITLESS = 4
"""Attempts in a row that bring nothing, after which it gives up."""


class ResumedDownload:
    """A downloader for pooch that keeps what it has in a file beside the target, and asks for the rest only.

    Parameters
    ----------
    part
        File that keeps what was received, also from one run to the next.
    size
        Bytes of the whole file.
    show
        Told the bytes received so far.
    pause_s
        Seconds before the second attempt; doubled before each further one.
    """

    def __init__(self, part: Path, size: int, show: Callable[[int], None], pause_s: float = 1.0) -> None:
        self._part, self._size = part, size
        self._show, self._pause_s = show, pause_s

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        """Download a URL to a file on the disk of the part, as pooch asks for it.

        Raises
        ------
        requests.RequestException
            When several attempts in a row brought nothing; the part is kept.
        """
        fruitless = 0
        while (before := self._received()) != self._size:
            try:
                self._receive(url, before)
                problem: requests.RequestException = requests.ConnectionError("the connection was cut")
            except (
                requests.ConnectionError,
                requests.Timeout,
                requests.exceptions.ChunkedEncodingError,
            ) as error:
                problem = error
            fruitless = 0 if self._received() > before else fruitless + 1
            if fruitless >= MOST_FRUITLESS:
                raise problem
            if self._received() < self._size:
                time.sleep(self._pause_s * 2**fruitless)
        self._part.replace(output_file)

    def _received(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _receive(self, url: str, start: int) -> None:
        if start > self._size:
            self._part.unlink()
            start = 0
        headers = HEADERS | ({"Range": f"bytes={start}-"} if start else {})
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
            response.raise_for_status()
            goes_on = response.status_code == requests.codes.partial_content
            if goes_on and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                msg = "the server sent another part than was asked for"
                raise requests.HTTPError(msg, response=response)
            # A server that cannot resume sends all of it again.
            with self._part.open("ab" if goes_on else "wb") as file:
                self._store(response, file)

    def _store(self, response: requests.Response, file: IO[bytes]) -> None:
        for chunk in response.iter_content(CHUNK_BYTES):
            file.write(chunk)
            self._show(file.tell())
            if file.tell() > self._size:
                msg = "the server sends more than the record says"
                raise requests.HTTPError(msg, response=response)

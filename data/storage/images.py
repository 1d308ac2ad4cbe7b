"""Images at URLs for those who read files: the copy of each is on this machine while it is read."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TypeVar

from data.errors import InputError
from data.storage.errors import SingleFileError
from data.storage.image_copy import ImageCopy
from data.storage.remote import Listing, RemoteFile
from data.storage.url import find_local, find_url, without_secrets

AHEAD = 64
"""Files that are on their way, or here and not yet read, at most."""

Item = TypeVar("Item")

_copies: dict[Path, ImageCopy] = {}

_located: set[str] = set()


def locate_images(place: str | PathLike[str]) -> Path:
    """Return the folder of this machine for a path or URL of images: that itself, or of its copies.

    Raises
    ------
    InputError
        There is no file system for the URL.
    """
    path = find_local(Path(place)) or Path(place)
    url = find_url(path)
    if url is None:
        return path
    label = without_secrets(url)
    if label.lower().endswith(".csv"):
        raise InputError(
            found="a list of files at a URL",
            where=label,
            expected="a list on this machine, or the URL of the folder of the images",
            advice="copy the list and the images to this machine, or give the folder",
        )
    copy = ImageCopy(url)
    _located.add(copy.label)
    return _copies.setdefault(copy.root, copy).root


def name_images(folder: Path) -> str:
    """Return what a manifest calls a folder of images: its path without links, or its URL without secrets."""
    copy = _copies.get(folder)
    return copy.label if copy is not None else str(folder.resolve())


def list_images(folder: Path) -> Listing | None:
    """List what lies at the URL of a folder of copies, None for other folders; errors as ``Remote.list``."""
    copy = _copies.get(folder)
    try:
        return copy.list() if copy is not None else None
    except SingleFileError:
        # Else it would be the folder of nothing when the one above it is read.
        del _copies[folder]
        raise


def find_remote(path: Path) -> RemoteFile | None:
    """Return what is listed of a file at a URL; None for others."""
    copy = _find_copy(path)
    return copy.find(path) if copy is not None else None


def list_urls() -> list[str]:
    """Return the URLs, without secrets, of the images that this command reads."""
    return sorted(_located)


def forget_urls() -> None:
    """Begin a command: what earlier ones of this process read is none of its images."""
    _located.clear()


@contextmanager
def at_hand(path: Path) -> Iterator[None]:
    """Have the copy of a file at a URL on this machine while the block runs; nothing for other files.

    Raises
    ------
    InputError
        It cannot be read, or is another one than was listed.
    """
    copy = _find_copy(path)
    if copy is None:
        yield
        return
    if path.suffix.lower() == ".zarr":
        raise InputError(
            found="an OME-Zarr at a URL",
            where=path,
            expected="images of one file each (PNG, TIFF, JPEG, CZI, LIF, ND2, OIR)",
            advice="copy it to this machine",
        )
    with copy.held(path):
        yield


def request_images(paths: Iterable[Path]) -> None:
    """Begin to fetch files at URLs that are not here; nothing for other files."""
    for path in paths:
        copy = _find_copy(path)
        if copy is not None:
            copy.request(path)


def read_ahead(items: Iterable[Item], paths_of: Callable[[Item], Iterable[Path]]) -> Iterator[Item]:
    """Yield items in their order, while the files at URLs of those that follow are being fetched.

    Parameters
    ----------
    items
        Whatever is read next.
    paths_of
        The files of one.
    """
    if not _copies:
        yield from items
        return
    remaining, waiting, count = iter(items), deque[tuple[Item, int]](), 0
    for item in remaining:
        paths = list(paths_of(item))
        request_images(paths)
        waiting.append((item, len(paths)))
        count += len(paths)
        while waiting and count >= AHEAD:
            first, files = waiting.popleft()
            count -= files
            yield first
    for item, _ in waiting:
        yield item


def _find_copy(path: Path) -> ImageCopy | None:
    return next((copy for root, copy in _copies.items() if path.is_relative_to(root)), None)

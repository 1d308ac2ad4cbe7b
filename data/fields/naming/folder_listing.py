"""Listing a folder of images: links are followed, loops are cut, nothing is opened."""

import os
import stat
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from data.images.image_file import SUFFIXES
from data.storage.images import list_images
from data.storage.remote import Listing

_ZARR = ".zarr"
"""Ending of a folder that is one image."""


class Kind(Enum):
    """What an entry of a folder is, links followed."""

    FILE = "a file"
    FOLDER = "a folder"
    SPECIAL = "a pipe, socket or device"
    DANGLING = "a link to a file that is not there"


@dataclass(frozen=True, slots=True)
class ListedFile:
    """An entry of a folder whose name is that of an image; what files of one folder share is kept once.

    Attributes
    ----------
    folder
        The folder in which it lies.
    folders
        Its folders below the one that was listed.
    name
        Its name.
    suffix
        The ending of its name, as in ``SUFFIXES``.
    kind
        What it is.
    real_folder
        The folder without links.
    target
        Of a link, the path of what it leads to without links; else None.
    """

    folder: Path
    folders: tuple[str, ...]
    name: str
    suffix: str
    kind: Kind
    real_folder: str
    target: str | None = None

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.name

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders below the one that was listed, and its name."""
        return *self.folders, self.name

    @property
    def real(self) -> str:
        """Its path without links."""
        return f"{self.real_folder}/{self.name}" if self.target is None else self.target

    @property
    def is_link(self) -> bool:
        """Whether the file itself is a link."""
        return self.target is not None


@dataclass
class FolderListing:
    """The images below a folder, ordered by their paths.

    Attributes
    ----------
    files
        What is named like an image.
    others
        Number of other files.
    closed
        Folders that cannot be opened, and why.
    """

    files: list[ListedFile] = field(default_factory=list)
    others: int = 0
    closed: list[tuple[Path, str]] = field(default_factory=list)


def list_folder(folder: Path) -> FolderListing:
    """List what is named like an image below a folder; hidden files and folders are passed over.

    Links to files and folders are followed. A folder that is reached a second time is listed once, under its
    own name rather than a link's; links to a folder that holds this one are not followed.

    Raises
    ------
    InputError
        It is a folder at a URL that cannot be listed.
    """
    remote = list_images(folder)
    if remote is not None:
        return _list_remote(folder, remote)
    listing = FolderListing()
    above = {_identity(parent) for parent in folder.resolve().parents}
    seen = {_identity(folder)}
    # Linked folders wait until all others have been listed.
    waiting: deque[tuple[Path, tuple[str, ...]]] = deque([(folder, ())])
    linked: deque[tuple[Path, tuple[str, ...]]] = deque()
    while waiting or linked:
        path, parts = (waiting or linked).popleft()
        if parts:
            identity = _identity(path)
            if identity in seen or identity in above:
                continue
            seen.add(identity)
        for entry in _scan(path, parts, listing):
            (linked if entry.is_symlink() else waiting).append((path / entry.name, (*parts, entry.name)))
    listing.files.sort(key=lambda file: file.parts)
    return listing


def _list_remote(folder: Path, remote: Listing) -> FolderListing:
    """List what is named like an image among the files at a URL; an OME-Zarr is one image there, too."""
    listing = FolderListing(closed=[(folder / name, "no name for a file") for name in remote.strange])
    paths = {_image_parts(tuple(name.split("/"))) for name in remote.files}
    for parts in sorted(parts for parts in paths if not any(part.startswith(".") for part in parts)):
        suffix = image_suffix_of(parts[-1])
        if suffix:
            place = folder.joinpath(*parts[:-1])
            listing.files.append(ListedFile(place, parts[:-1], parts[-1], suffix, Kind.FILE, str(place)))
        else:
            listing.others += 1
    return listing


def _image_parts(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts of a file's name up to the folder that is one image, if there is one."""
    ends = (number for number, part in enumerate(parts[:-1], 1) if image_suffix_of(part).endswith(_ZARR))
    return parts[: next(ends, len(parts))]


def image_suffix_of(name: str) -> str:
    """Return the ending of an image's name as in ``SUFFIXES``, or an empty text."""
    lowered = name.lower()
    return next((suffix for suffix in SUFFIXES if lowered.endswith(suffix)), "")


def _scan(path: Path, parts: tuple[str, ...], listing: FolderListing) -> list["os.DirEntry[str]"]:
    """Add the images of one folder to a listing, and return the folders in it."""
    try:
        with os.scandir(path) as entries:
            found = sorted((entry for entry in entries if not entry.name.startswith(".")), key=_name)
        real = os.path.realpath(path)
    except OSError as error:
        listing.closed.append((path, error.strerror or str(error)))
        return []
    folders = []
    for entry in found:
        kind, suffix = _kind(entry), image_suffix_of(entry.name)
        if kind is Kind.FOLDER and suffix.endswith(_ZARR):
            kind = Kind.FILE
        elif kind is Kind.FOLDER:
            folders.append(entry)
        if not suffix:
            listing.others += kind is not Kind.FOLDER
            continue
        target = os.path.realpath(f"{real}/{entry.name}") if entry.is_symlink() else None
        listing.files.append(ListedFile(path, parts, entry.name, suffix, kind, real, target))
    return folders


def _name(entry: "os.DirEntry[str]") -> str:
    return entry.name


def _kind(entry: "os.DirEntry[str]") -> Kind:
    try:
        # Most entries need no look at the disk for this.
        if entry.is_file(follow_symlinks=False):
            return Kind.FILE
        mode = entry.stat().st_mode
    except OSError:
        return Kind.DANGLING
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    return Kind.FILE if stat.S_ISREG(mode) else Kind.SPECIAL


def _identity(path: Path) -> tuple[int, int] | str:
    """Return what two paths of one folder have in common."""
    try:
        found = path.stat()
    except OSError:
        return str(path)
    return found.st_dev, found.st_ino

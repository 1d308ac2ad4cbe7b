"""A folder at a URL: what lies there, and fetching, sending and removing it."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from data.atomic import atomic_write
from data.errors import InputError
from data.storage.errors import (
    SingleFileError,
    explain,
    explain_no_place,
    explain_protocol,
    explained,
)
from data.storage.transfers import transfers
from data.storage.url import WEB, without_secrets

_SECOND = 10**9
_MD5_LENGTH = 32
_TIME = "time "
_PAGES = ("text/", "application/xhtml")
_VERSIONS = ("ETag", "etag", "version", "generation", "Content-MD5", "content_md5", "md5Hash")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "timeModified", "created", "modified")


@dataclass(frozen=True)
class RemoteFile:
    """A file as a listing shows it.

    Attributes
    ----------
    size
        Bytes.
    version
        What changes with its content: the ETag, or else the time; empty where neither is known.
    modified_ns
        Time of modification (ns), whole seconds; the rest is made of the version, so that a file that was
        replaced within a second has another time.
    """

    size: int
    version: str
    modified_ns: int


@dataclass
class Listing:
    """The files below a folder.

    Attributes
    ----------
    files
        Name, relative to the folder -> the file.
    strange
        Names that no folder of this machine can hold.
    """

    files: dict[str, RemoteFile]
    strange: list[str]


class Remote:
    """A folder at a URL.

    Parameters
    ----------
    url
        Its URL, in which what only its file system knows may stand, such as a password.

    Attributes
    ----------
    label
        The URL without secrets.
    place
        Text that is another one for another place: also for the same bucket name on another server.

    Raises
    ------
    InputError
        The package of its file system is missing, or nobody knows it, or the URL names no place.
    """

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs

        self.label = without_secrets(url)
        protocol, _, rest = url.partition("://")
        if not rest:
            raise explain_no_place(protocol)
        # Listings are asked for again where they are needed, and are then those of that time.
        options: dict[str, Any] = {"use_listings_cache": False}
        try:
            self._fs, root = url_to_fs(url, **options)
        except (ImportError, ValueError) as error:
            raise explain_protocol(error, protocol, self.label) from None
        except Exception as error:
            raise explain(error, self.label) from None
        self._is_web = protocol in WEB
        self._root = str(root).rstrip("/")
        self.place = f"{protocol} {_find_endpoint(self._fs, protocol)} {self.label}"

    def list(self) -> Listing:
        """List all files below the folder in as few requests as its server allows.

        None where it is not there, but of a web server, where that is an error.

        Raises
        ------
        InputError
            It cannot be listed, or is a single file.
        """
        with explained(self.label):
            if self._is_web and self._is_web_file():
                # Which would be fetched as a whole, and searched for links.
                raise SingleFileError(self.label)
            found = self._fs.find(self._root, detail=True)
            if not found and self._is_web:
                # Where a server gives no answer, nothing is found either.
                self._fs.ls(self._root)
            if any(info.get("size") is None and info.get("type") == "file" for info in found.values()):
                # Web servers list names alone; more is known of each file that is asked for.
                found = dict(zip(found, transfers().map(self._fs.info, found), strict=True))
        files, strange = {}, []
        for path, info in found.items():
            if info.get("type") == "directory" or path.endswith("/"):
                continue
            name = path[len(self._root) :].lstrip("/")
            if not name:
                raise SingleFileError(self.label)
            if any(part in ("", ".", "..") or "\0" in part or "\\" in part for part in name.split("/")):
                strange.append(name)
                continue
            files[name] = _describe(info)
        return Listing(files, strange)

    def fetch(self, name: str, path: Path, file: RemoteFile) -> None:
        """Copy one file to this machine with one request, whole or not at all; it gets the file's time.

        Raises
        ------
        InputError
            It cannot be read, or is another one than was listed.
        """
        with atomic_write(path) as temporary:
            # What fails on this machine's disk is told by its own path.
            with explained(f"{self.label}/{name}"):
                self._fs.get_file(f"{self._root}/{name}", str(temporary))
                self._refuse_changed(name, temporary, file)
            os.utime(temporary, ns=(file.modified_ns, file.modified_ns))

    def find(self, name: str) -> RemoteFile | None:
        """Return what the server says of one file; None where it is not there."""
        with explained(f"{self.label}/{name}"):
            try:
                return _describe(self._fs.info(f"{self._root}/{name}"))
            except FileNotFoundError:
                return None

    def read(self, name: str) -> bytes | None:
        """Read a small file; None where it is not there."""
        with explained(f"{self.label}/{name}"):
            try:
                return bytes(self._fs.cat_file(f"{self._root}/{name}"))
            except FileNotFoundError:
                return None

    def send(self, path: Path, name: str) -> None:
        """Copy a file of this machine there, in the place of what is there."""
        with explained(f"{self.label}/{name}"):
            self._make_parent(name)
            self._fs.put_file(str(path), f"{self._root}/{name}")

    def create(self, name: str, content: bytes) -> bool:
        """Write a small file unless there is one; return whether it was written.

        Object stores that know conditional requests (``If-None-Match``) let exactly one of several writers
        do so.
        """
        with explained(self.label):
            self._make_parent(name)
            try:
                self._fs.pipe_file(f"{self._root}/{name}", content, mode="create")
            except FileExistsError:
                return False
            except (NotImplementedError, OSError) as error:
                if isinstance(error, OSError) and "implement" not in str(error).lower():
                    raise
                # The store refuses conditional writes.
                if self._fs.exists(f"{self._root}/{name}"):
                    return False
                self._fs.pipe_file(f"{self._root}/{name}", content)
            return True

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are passed over."""
        for name in names:
            with explained(f"{self.label}/{name}"):
                try:
                    self._fs.rm_file(f"{self._root}/{name}")
                except FileNotFoundError:
                    continue

    def _is_web_file(self) -> bool:
        """Check whether a server gives something else than a page, on which files would be listed."""
        try:
            kind = str(self._fs.info(self._root).get("mimetype") or "")
        except FileNotFoundError:
            # Also where it gives no answer, of which more is told when it is listed.
            return False
        return bool(kind) and not kind.startswith(_PAGES)

    def _make_parent(self, name: str) -> None:
        # Object stores have no folders, and making one would ask for a bucket to be made.
        if not _is_object_store(self._fs):
            self._fs.makedirs(f"{self._root}/{name}".rpartition("/")[0], exist_ok=True)

    def _refuse_changed(self, name: str, path: Path, file: RemoteFile) -> None:
        """Check that what was read is what was listed; that needs no request where the ETag is an MD5."""
        is_md5 = len(file.version) == _MD5_LENGTH
        if is_md5 and path.stat().st_size == file.size and hash_as_etag(path) == file.version:
            return
        now = _describe(self._fs.info(f"{self._root}/{name}"))
        if path.stat().st_size == file.size == now.size and _is_same_version(now.version, file.version):
            return
        raise InputError(
            found="changed while it was read, or not read to its end",
            where=f"{self.label}/{name}",
            expected=f"the file that was listed ({file.size} bytes)",
            advice="run the command again",
        )


def hash_as_etag(path: Path) -> str:
    """Hash a file as S3 does for an ETag, where it was sent at once and is not encrypted by a key service."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, partial(hashlib.md5, usedforsecurity=False)).hexdigest()


def _describe(info: dict[str, Any]) -> RemoteFile:
    moment = next((info[name] for name in _TIMES if info.get(name)), None)
    version = next((str(info[name]).strip('"') for name in _VERSIONS if info.get(name)), "")
    seconds = _seconds(moment)
    version = version or ("" if moment is None else f"{_TIME}{seconds:.6f}")
    rest = int(hashlib.sha256(version.encode()).hexdigest()[:12], 16) % _SECOND
    return RemoteFile(int(info.get("size") or 0), version, int(seconds) * _SECOND + rest)


def _is_same_version(one: str, other: str) -> bool:
    if not one or not other:
        # Some servers know a file's version only when they are asked for that file.
        return True
    if one.startswith(_TIME) and other.startswith(_TIME):
        # Of a listing and of one file, some servers tell times with another precision.
        return one.partition(".")[0] == other.partition(".")[0]
    return one == other


def _seconds(moment: object) -> float:
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(moment, int | float):
        return float(moment)
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except ValueError:
        return 0.0


def _is_object_store(fs: Any) -> bool:
    protocols = (fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol
    return bool({"s3", "s3a", "gs", "gcs", "az", "abfs"} & set(protocols))


def _find_endpoint(fs: Any, protocol: str) -> str:
    """Return what says on which server a bucket lies, as far as it is set."""
    if not protocol.startswith("s3"):
        return ""
    given = getattr(fs, "endpoint_url", None) or (getattr(fs, "client_kwargs", None) or {}).get(
        "endpoint_url"
    )
    of_system = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return f"{given or of_system or ''} {os.environ.get('AWS_PROFILE', '')}"

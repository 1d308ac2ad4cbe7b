"""Errors of file systems at URLs, said as one line."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from data.errors import InputError
from data.storage.url import WEB, hide_secrets
from data.system_errors import FULL

_INSTALL = {
    "s3": 'pip install "hpacells[s3]"',
    "s3a": 'pip install "hpacells[s3]"',
    "gs": "pip install gcsfs",
    "gcs": "pip install gcsfs",
    "az": "pip install adlfs",
    "abfs": "pip install adlfs",
    "http": "pip install aiohttp",
    "https": "pip install aiohttp",
}
_EXPECTED_READABLE = "a place that can be read with your credentials"

_NO_CREDENTIALS = (
    "NoCredentials",
    "PartialCredentials",
    "CredentialRetrieval",
    "TokenRetrieval",
    "ProfileNotFound",
)
_NO_ANSWER = ("Timeout", "EndpointConnection", "ConnectionClosed", "ClientConnector", "ServerDisconnected")


class StorageError(InputError):
    """A server that gave no answer, or none that can be used: another try may find what is there.

    Whoever looks at a file and goes on without it must not go on without this one.
    """


class AccessError(InputError):
    """A place that may not be read, or not be written to."""


class SingleFileError(InputError):
    """The URL of a file, where that of a folder is expected."""

    def __init__(self, where: str) -> None:
        super().__init__(
            found="a single file",
            where=where,
            expected="the URL of a folder",
            advice=f"give that of its folder, {where.rpartition('/')[0]}",
        )


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Raise what a file system reports in the block as an `InputError`; `where` is shown without secrets."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise explain(error, where) from None


def explain(error: Exception, where: str) -> InputError:
    """Return an error of a file system at a URL as one that the user can mend."""
    where = hide_secrets(where)
    kinds = {kind.__name__ for kind in type(error).__mro__}
    said = hide_secrets(" ".join(str(error).split()))[:200]
    if isinstance(error, FileNotFoundError):
        found = "no such bucket" if "bucket" in said and "exist" in said else "not there"
        return InputError(found, where=where, expected="a bucket, folder or file", advice="check the URL")
    if any(name in kind for kind in kinds for name in _NO_CREDENTIALS):
        return InputError(
            found=f"no credentials ({said})",
            where=where,
            expected="credentials for this storage",
            advice="set them as its own tools have them, such as AWS_PROFILE or AWS_ACCESS_KEY_ID "
            "(docs/storage.md)",
        )
    if isinstance(error, PermissionError):
        return AccessError(
            found=f"access denied{_in_brackets(said)}",
            where=where,
            expected=_EXPECTED_READABLE,
            advice="check the bucket's name and policy, and which credentials are used",
        )
    if isinstance(error, TimeoutError | asyncio.TimeoutError | ConnectionError) or any(
        name in kind for kind in kinds for name in _NO_ANSWER
    ):
        return StorageError(
            found=f"no answer{_in_brackets(said)}",
            where=where,
            expected="a server that answers",
            advice=f"check the network and {_name_server(where)}; the same command resumes",
        )
    return _explain_other(error, where, said)


def explain_protocol(error: Exception, protocol: str, where: str) -> InputError:
    """Return why there is no file system for a protocol: its package is missing, or nobody knows it."""
    if isinstance(error, ImportError):
        return InputError(
            found=f"the package for {protocol}:// is not installed",
            where=hide_secrets(where),
            expected="the fsspec package of that storage",
            advice=_INSTALL.get(protocol, f"install it ({' '.join(str(error).split())})"),
        )
    return InputError(
        found=f"no known kind of storage ({protocol}://)",
        where=hide_secrets(where),
        expected="a folder of this machine, or a URL of fsspec such as s3://bucket/folder",
        advice="check the URL",
    )


def explain_no_place(protocol: str) -> InputError:
    """Return why a URL of nothing but a protocol cannot be used."""
    is_web = protocol in WEB
    return InputError(
        found=f"a URL without a {'server' if is_web else 'bucket'}",
        where=f"{protocol}://",
        expected=f"such as {protocol}://{'server' if is_web else 'bucket'}/folder",
        advice="check the URL",
    )


def _name_server(where: str) -> str:
    """Name what says which server is asked."""
    protocol = where.partition("://")[0]
    return "the endpoint (AWS_ENDPOINT_URL)" if protocol.startswith("s3") else "the URL"


def _explain_other(error: Exception, where: str, said: str) -> InputError:
    if isinstance(error, OSError) and error.errno in FULL:
        return StorageError(
            found="no room on this machine's disk for a copy of it",
            where=where,
            expected="room in the cache folder",
            advice="free some, or set HPACELLS_CACHE to a folder on another disk",
        )
    return StorageError(
        found=f"cannot be used ({type(error).__name__}{': ' if said else ''}{said})",
        where=where,
        expected=_EXPECTED_READABLE,
        advice="check the URL, the credentials and the network; the same command resumes",
    )


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""

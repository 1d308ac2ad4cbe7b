"""The work folders at URLs that this command has at hand."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from data.errors import InputError
from data.storage.url import WEB, find_url, without_secrets
from pipeline.runs.storage.remote_lock import remote_lock
from pipeline.runs.storage.work_copy import WorkCopy
from pipeline.runs.writer_lock import sole_writer

_held: dict[Path, WorkCopy] = {}


@contextmanager
def held_copy(url: str, command: str, *, writes: bool) -> Iterator[Path]:
    """Yield the copy of a work folder at a URL, to which nobody else writes until the block ends.

    What was changed there is sent at the end.

    Parameters
    ----------
    url
        Its URL.
    command
        Name of the command, which says what is fetched.
    writes
        Whether this process writes there; else the copy is brought up to date, and no more.

    Raises
    ------
    InputError
        Another command is writing there, or the place cannot be read, or not be written to.
    """
    if writes:
        _refuse_web(url)
    copy = WorkCopy(url)
    with ExitStack() as stack:
        if writes:
            stack.enter_context(sole_writer(copy.root))
            stack.enter_context(remote_lock(copy.remote))
        copy.open(command, sends=writes)
        if not writes:
            yield copy.root
            return
        _held[copy.root] = copy
        try:
            yield copy.root
            copy.close()
        finally:
            del _held[copy.root]


def _refuse_web(url: str) -> None:
    """Check that a place is none of a web server, before anything is asked of it."""
    protocol = url.partition("://")[0]
    if protocol in WEB:
        raise InputError(
            found=f"{protocol}:// as a work folder, where nothing can be written",
            where=without_secrets(url),
            expected="a folder of this machine, or a bucket such as s3://bucket/folder",
            advice="give another --work (docs/storage.md)",
        )


def find_copy(folder: Path) -> WorkCopy | None:
    """Return the copy of a work folder at a URL of which a folder is part; None for other folders."""
    return next((copy for root, copy in _held.items() if folder.is_relative_to(root)), None)


def list_held() -> list[str]:
    """Return the URLs, without secrets, of the work folders that this command has at hand."""
    return [copy.remote.label for copy in _held.values()]


def refuse_url(path: Path) -> None:
    """Check that a path that is to be written is no URL.

    Raises
    ------
    InputError
        It is one.
    """
    url = find_url(path)
    if url is not None:
        raise InputError(
            found="a URL, where files of this machine are written",
            where=without_secrets(url),
            expected="a path of this machine (URLs: images that are read, and --work)",
            advice="write it here and copy it there",
        )

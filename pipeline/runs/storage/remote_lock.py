"""One writer per work folder at a URL: a lock object that says who holds it."""

import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from data.errors import InputError
from data.storage.errors import AccessError
from data.storage.remote import Remote
from pipeline.runs.writer_lock import LOCK_NAME, describe_holder, is_alive

_TRIES = 3


@contextmanager
def remote_lock(remote: Remote) -> Iterator[None]:
    """Keep other commands from writing to a folder at a URL while the block runs.

    The lock is an object that only one of several writers can make, where the store knows conditional writes
    (``If-None-Match``). One that a dead process of this machine has left is taken over.

    Raises
    ------
    InputError
        Another command is writing there; the message names it. Or the place cannot be reached.
    """
    # By the token it is told from what another command of this process has left.
    ours = json.dumps(json.loads(describe_holder()) | {"token": secrets.token_hex(8)})
    try:
        _take(remote, ours)
    except AccessError:
        # Nothing can be written there, which is an error only where something must be.
        _refuse(remote, _read(remote))
        yield
        return
    try:
        yield
    finally:
        # Somebody may have removed it, and another one taken its place.
        if _read(remote) == json.loads(ours):
            remote.remove([LOCK_NAME])


def _take(remote: Remote, ours: str) -> None:
    for _ in range(_TRIES):
        if remote.create(LOCK_NAME, ours.encode()):
            # A store that knows no conditional writes lets the last one have it.
            _refuse(remote, _read(remote), ours)
            return
        holder = _read(remote)
        if not holder:
            continue
        _refuse(remote, holder, ours)
        remote.remove([LOCK_NAME])
    _refuse(remote, _read(remote) or {"command": "hpacells"}, ours)


def _refuse(remote: Remote, holder: dict[str, Any], ours: str = "{}") -> None:
    """Check that a holder is nobody, this process, or a dead process of this machine."""
    if not holder or holder == json.loads(ours):
        return
    if holder.get("host") == socket.gethostname() and not is_alive(holder):
        return
    advice = f"wait for it, or give another --work; if it runs no more, remove {remote.label}/{LOCK_NAME}"
    name = "`{command}`, process {process} on {host}, since {since}"
    try:
        name = name.format_map(holder)
    except KeyError:
        name = f"see {remote.label}/{LOCK_NAME}"
    raise InputError(
        found=f"another hpacells is writing there ({name})",
        where=remote.label,
        expected="one command at a time in a work folder",
        advice=advice,
    )


def _read(remote: Remote) -> dict[str, Any]:
    try:
        holder = json.loads(remote.read(LOCK_NAME) or b"{}")
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}

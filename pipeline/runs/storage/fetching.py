"""What of a work folder at a URL is fetched to its copy, and what must not be."""

import logging
import os
import shutil
from pathlib import Path

from data.cache_folder import cache_folder
from data.errors import InputError
from data.storage.remote import Remote, RemoteFile, hash_as_etag
from data.storage.transfers import transfer_all
from pipeline.runs.storage.folder_files import belongs, is_part, scan, stamp
from pipeline.runs.storage.needed import SHARDS, find_large, is_needed
from pipeline.runs.storage.sync_record import INDEX_NAME, Index, Stamp, SyncRecord, read_index

_SMALL_BYTES = 2**20
"""Up to here a file that may be the same is read to compare it, where its version does not say it."""

log = logging.getLogger("hpacells")


class Fetching:
    """Make the copy of a work folder what lies at its URL, except what is still to be sent.

    Parameters
    ----------
    remote, root
        The folder at the URL, and the copy.
    record
        What is known of both; it is brought up to date.
    """

    def __init__(self, remote: Remote, root: Path, record: SyncRecord) -> None:
        self._remote, self._root, self._record = remote, root, record
        self._index = Index()
        self._there: dict[str, RemoteFile] = {}
        self._to_fetch: list[str] = []
        self._conflicts: list[str] = []

    def fetch(self, command: str) -> None:
        """Fetch what a command reads.

        Raises
        ------
        InputError
            The place cannot be read, the disk has no room for it, or another machine has written there since,
            while results of this one are still to be sent.
        """
        listed = self._remote.list().files
        self._there = {name: file for name, file in listed.items() if belongs(name)}
        self._index = self._read_indexes(listed, command)
        is_own = self._index.generation in (self._record.generation, self._record.sending[1] or None)
        own = set(self._record.sending[0]) if is_own else set[str]()
        # What somebody has edited there is looked at, whatever the command reads.
        edited = {find_large(name) for name in self._there if self._is_edited(name)}
        here = scan(self._root)
        for name in sorted({*self._there, *here, *self._record.files}):
            large = find_large(name)
            # Other commands may be at work in the shards, each of which has a lock and a record of its own.
            if large == SHARDS and command != "merge":
                continue
            needed = is_needed(name, command) or (large in edited and large != "")
            if name not in own:
                self._compare(name, here.get(name), needed=needed)
        if self._conflicts:
            raise self._explain_conflict()
        if not is_own:
            # Another machine has written there since.
            self._record.sending = ([], "")
        self._fetch_all()
        if not own:
            self._record.generation = self._index.generation

    def _compare(self, name: str, here: Stamp | None, *, needed: bool) -> None:
        there = self._there.get(name)
        known = self._record.files.get(name)
        version, last = known or (None, None)
        is_same_there = (there.version if there else None) == version
        if is_same_there and known is not None and last is None and here is None:
            # Listed before, and not read until now.
            if needed:
                self._to_fetch.append(name)
            return
        if is_same_there:
            # Unchanged, or changed here alone, by a stage that is unfinished or still to be sent.
            return
        if here == last or here is None or self._is_unfinished(name):
            self._take(name, here, needed=needed)
        elif there is not None and self._is_equal(name, here, there):
            # Fetched or sent by a command that was interrupted before it could note it.
            self._record.files[name] = (there.version, here)
        else:
            self._conflicts.append(name)

    def _is_equal(self, name: str, here: Stamp, there: RemoteFile) -> bool:
        if here in (self._find_stamp(name), (there.size, there.modified_ns)):
            return True
        if here[0] != there.size:
            return False
        is_small = there.size <= _SMALL_BYTES
        return hash_as_etag(self._root / name) == there.version or (
            is_small and (self._root / name).read_bytes() == self._remote.read(name)
        )

    def _take(self, name: str, here: Stamp | None, *, needed: bool) -> None:
        """Have what is at the URL take the place of what is here."""
        there = self._there.get(name)
        if there is not None and needed:
            self._to_fetch.append(name)
            return
        if here is not None:
            (self._root / name).unlink()
        if there is None:
            self._record.files.pop(name, None)
        else:
            self._record.files[name] = (there.version, None)

    def _fetch_all(self) -> None:
        size = sum(self._there[name].size for name in self._to_fetch)
        free = shutil.disk_usage(self._root).free
        if size > free:
            raise InputError(
                found=f"{size / 1e6:.0f} MB to fetch, and {free / 1e6:.0f} MB left on this machine's disk",
                where=self._remote.label,
                expected="room for a copy of what the command reads",
                advice="set HPACELLS_CACHE to a folder on a larger disk",
            )

        def fetch(name: str) -> None:
            self._remote.fetch(name, self._root / name, self._there[name])
            known = self._find_stamp(name)
            if known is not None and known[0] == self._there[name].size:
                # By its time its manifest knows it without reading it.
                os.utime(self._root / name, ns=(known[1], known[1]))

        def note(name: str) -> None:
            self._record.files[name] = (self._there[name].version, stamp(self._root / name))

        # Manifests last: none describes what is not here yet.
        ordered = sorted(self._to_fetch, key=lambda name: name.endswith(".json"))
        transfer_all(fetch, ordered, note)
        if ordered:
            log.info("%s: %d files fetched (%.1f MB)", self._remote.label, len(ordered), size / 1e6)

    def _read_indexes(self, listed: dict[str, RemoteFile], command: str) -> Index:
        """Read the list at the URL, and for a merge those of the shards in it."""
        whole = read_index(self._remote.read(INDEX_NAME) if INDEX_NAME in listed else None)
        for name in listed if command == "merge" else ():
            if name.endswith(f"/{INDEX_NAME}"):
                folder = name.removesuffix(INDEX_NAME)
                part = read_index(self._remote.read(name))
                whole.files.update({f"{folder}{file}": known for file, known in part.files.items()})
        return whole

    def _find_stamp(self, name: str) -> Stamp | None:
        """Return the stamp of the file that its sender had; None where it is another file now."""
        there, known = self._there.get(name), self._index.files.get(name)
        return known[1] if there and known and known[0] == there.version else None

    def _is_edited(self, name: str) -> bool:
        known = self._index.files.get(name)
        return known is not None and known[0] != self._there[name].version

    def _is_unfinished(self, name: str) -> bool:
        return any(is_part(name, names) for names in self._record.unfinished.values())

    def _explain_conflict(self) -> InputError:
        more = f" and {len(self._conflicts) - 1} more files" if len(self._conflicts) > 1 else ""
        return InputError(
            found=f"{self._conflicts[0]}{more} changed there, and also in this machine's copy",
            where=self._remote.label,
            expected="results of one machine at a time",
            advice=f"remove the copy ({self._root.relative_to(cache_folder())} in the cache folder, see "
            "docs/storage.md) to go on with what is at the URL, or give another --work",
        )

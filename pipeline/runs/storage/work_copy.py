"""The copy of a work folder at a URL: what is there is fetched, what stages finish is sent."""

import fcntl
import logging
import secrets
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from data.errors import InputError
from data.storage.errors import StorageError
from data.storage.local_copy import locate_copy
from data.storage.remote import Remote
from data.storage.transfers import transfer_all
from pipeline.runs.manifest import read_manifest
from pipeline.runs.storage.fetching import Fetching
from pipeline.runs.storage.folder_files import belongs, is_part, scan, stamp
from pipeline.runs.storage.needed import find_large
from pipeline.runs.storage.sync_record import INDEX_NAME, Stamp, pack_index, read_record, write_record

log = logging.getLogger("hpacells")

FILES_A_REQUEST = 1000
"""Files that a server lists in one request: it is asked for a few of very many by name instead."""


class WorkCopy:
    """A work folder at a URL, and its copy on this machine.

    Attributes
    ----------
    remote
        The folder at the URL.
    root
        The copy, in which the stages work.
    """

    def __init__(self, url: str) -> None:
        self.remote = Remote(url)
        self.root = locate_copy("work", self.remote.place, self.remote.label)
        self.root.mkdir(parents=True, exist_ok=True)
        self._record = read_record(self.root)
        self._is_at_work = False

    def open(self, command: str, *, sends: bool) -> None:
        """Fetch what a command reads and is not here as it is there, and send what was not sent whole.

        Parameters
        ----------
        command
            Its name.
        sends
            Whether this process may send; else it looks only.

        Raises
        ------
        InputError
            The place cannot be read, or another machine has written there since, while results of this one
            are still to be sent.
        """
        with _opened_by_one(self.root):
            self._record = read_record(self.root)
            before = deepcopy(self._record)
            try:
                Fetching(self.remote, self.root, self._record).fetch(command)
            finally:
                # Where nothing was fetched, another process may be writing it.
                if self._record != before:
                    write_record(self.root, self._record)
        for stage, names in list(self._record.pending.items()) if sends else ():
            log.info("%s: sending what was not sent to %s", stage, self.remote.label)
            self._send(names)
            self._finished(stage)

    def begin(self, manifest: Path, paths: Iterable[Path]) -> None:
        """Note that a stage begins to write its manifest and some paths."""
        self._is_at_work = True
        names = self._names([manifest, *paths])
        self._record.unfinished[names[0]] = names
        write_record(self.root, self._record)

    def publish(self, manifest: Path) -> None:
        """Send what the stage of a manifest has written, the manifest last.

        Raises
        ------
        InputError
            It cannot be sent; the next command with this work folder sends it.
        """
        stage = self._names([manifest])[0]
        names = self._record.unfinished.pop(stage)
        self._record.pending[stage] = names
        write_record(self.root, self._record)
        self._send(names)
        self._finished(stage)
        self._is_at_work = False

    def close(self) -> None:
        """Send what was written beside the outputs of stages, unless a stage has stopped in the middle."""
        if self._is_at_work or self._record.pending:
            return
        kept = {name for names in self._record.unfinished.values() for name in names}
        names = {name for name in (*scan(self.root), *self._record.files) if not find_large(name)}
        self._send([name for name in names if not is_part(name, kept)])

    def _finished(self, stage: str) -> None:
        self._record.pending.pop(stage, None)
        write_record(self.root, self._record)

    def _names(self, paths: Iterable[Path]) -> list[str]:
        root, names = self.root.resolve(), []
        for path in paths:
            whole = path.parent.resolve() / path.name
            if whole.is_relative_to(root):
                names.append(whole.relative_to(root).as_posix())
        return names

    def _send(self, names: Collection[str]) -> None:
        here, known = scan(self.root), self._record.files
        # Also what an earlier command began to send.
        wanted = {*names, *self._record.sending[0]}
        chosen = {name for name in (*here, *known) if is_part(name, wanted)}
        changed = sorted(
            name for name in chosen & here.keys() if known.get(name, ("", None))[1] != here[name]
        )
        gone = sorted(name for name in chosen - here.keys() if known[name][1] is not None)
        if not changed and not gone:
            return
        manifests = [
            name
            for name in self._list_manifests(here)
            if name in changed or self._describes(name, (*changed, *gone))
        ]
        generation = secrets.token_hex(8)
        self._record.sending = (sorted({*changed, *gone, *manifests}), generation)
        # While its outputs are replaced there, nothing there says that they are whole.
        removed = [name for name in manifests if known.pop(name, None) is not None]
        write_record(self.root, self._record)
        self.remote.remove(removed)
        files = [name for name in changed if name not in manifests]
        transfer_all(lambda name: self.remote.send(self.root / name, name), files, lambda _: None)
        transfer_all(lambda name: self.remote.remove([name]), [*gone], lambda _: None)
        for name in gone:
            known.pop(name, None)
        self._note_sent(files, here)
        packed = pack_index(generation, known)
        self._put(INDEX_NAME, packed)
        # That of the stage itself is the last of those that describe it.
        for name in sorted(manifests, key=lambda name: name in changed):
            if name in here:
                self.remote.send(self.root / name, name)
                self._note_sent([name], here)
        self._record.generation, self._record.sending = generation, ([], "")
        write_record(self.root, self._record)
        size = sum(here[name][0] for name in changed)
        log.info("%s: %d files sent (%.1f MB)", self.remote.label, len(changed), size / 1e6)

    def _put(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.write_bytes(content)
        self.remote.send(path, name)
        path.unlink()

    def _note_sent(self, names: Collection[str], here: dict[str, Stamp]) -> None:
        """Note the versions at the URL of files that were sent."""
        if len(names) * FILES_A_REQUEST > len(self._record.files):
            found = self.remote.list().files
        else:
            found = {name: file for name in names if (file := self.remote.find(name)) is not None}
        for name in names:
            file = found.get(name)
            if file is None or file.size != here[name][0]:
                raise StorageError(
                    found="not there as it was sent",
                    where=f"{self.remote.label}/{name}",
                    expected=f"{here[name][0]} bytes",
                    advice="run the same command again, which sends it again",
                )
            if stamp(self.root / name) != here[name]:
                raise InputError(
                    found="changed while it was sent",
                    where=self.root / name,
                    expected="nobody who writes in the copy of a work folder",
                    advice="run the same command again, which sends it again",
                )
            self._record.files[name] = (file.version, here[name])

    def _list_manifests(self, here: Iterable[str]) -> list[str]:
        names = [name for name in here if name.endswith(".json") and name.count("/") <= 1 and belongs(name)]
        return [name for name in names if read_manifest(self.root / name) is not None]

    def _describes(self, manifest: str, names: Iterable[str]) -> bool:
        found, folder = read_manifest(self.root / manifest), manifest.rpartition("/")[0]
        outputs = {f"{folder}/{name}" if folder else name for name in found.outputs} if found else set()
        return any(is_part(name, outputs) for name in names)


@contextmanager
def _opened_by_one(root: Path) -> Iterator[None]:
    """Let one of the processes that torchrun started on a machine fetch, while the others wait for it."""
    with (root / ".storage.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

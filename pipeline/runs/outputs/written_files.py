"""Which files of a folder hpacells wrote, so that it never replaces others."""

import fcntl
import logging
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from data.atomic import FILE_LIST, atomic_write, refuse_strangers
from data.errors import InputError
from data.text.hashed_json import format_hashed, read_hashed
from data.tiles.shards.store_contents import CONTENTS
from pipeline.runs.manifest import Manifest, read_manifest

LIST_NAME = ".written.json"
"""Name of the list in a folder: path of what was written there -> stage that wrote it first."""

_SIMULATE = "simulate"

_COMPLETING = {"segment", "crops"}
"""Stages that complete what the other has written."""

_MANIFEST = re.compile(rb'\s*\{\s*"stage"')
"""How a manifest begins."""

log = logging.getLogger("hpacells")


def claim_outputs(
    stage: str,
    folder: Path,
    paths: Iterable[Path],
    *,
    are_folders: bool = False,
    is_at_work: bool = False,
) -> None:
    """Note that a stage is about to write some paths, unless something lies there that it did not write.

    Parameters
    ----------
    stage
        Name of the stage.
    folder
        Folder of its manifest, with the list of what is written there. What is written elsewhere is listed
        in its own folder.
    paths
        Files and folders.
    are_folders
        Whether all are folders, each with a list of its files; else what is written elsewhere are files.
    is_at_work
        Whether a stage is at work in the folder already: what is listed there and is not there yet, it is
        about to write. Else somebody has removed it.

    Raises
    ------
    InputError
        One of them holds what hpacells did not write, or what another stage wrote.
    """
    inside = {path: _name(path, folder) for path in paths}
    if are_folders:
        _check_folders(stage, inside)
    _claim(stage, folder, {path: name for path, name in inside.items() if name}, keeps_all=is_at_work)
    for parent, names in _group_outside(inside).items():
        if not are_folders:
            _check_files(stage, parent, names)
        # Once for all of them: the list is written anew each time.
        _claim(stage, parent, names)


def note_written(stage: str, folder: Path, paths: Iterable[Path]) -> None:
    """Note once more what a stage has written elsewhere.

    Stages of other work folders may write there, too: what they find on the list, and not in the folder yet,
    they take off.
    """
    inside = {path: _name(path, folder) for path in paths if os.path.lexists(path)}
    for parent, names in _group_outside(inside).items():
        _claim(stage, parent, names, is_new=True)


def _group_outside(inside: Mapping[Path, str | None]) -> dict[Path, dict[Path, str]]:
    """Return the paths that are not in the folder: folder of each -> path -> its name there."""
    outside: dict[Path, dict[Path, str]] = defaultdict(dict)
    for path in (path for path, name in inside.items() if name is None):
        outside[path.parent][path] = path.name
    return outside


@contextmanager
def sole_file(
    command: str, path: Path, inputs: Iterable[Path | None] = (), *, ending: str = ""
) -> Iterator[None]:
    """List a file that a command writes in the block, in its folder, unless another hand wrote one there.

    Parameters
    ----------
    command
        Name of the command.
    path
        The file.
    inputs
        What the command reads, where it is given.
    ending
        How the names of such files end; a name without an ending will do, too.

    Raises
    ------
    InputError
        There is a folder, a file that hpacells did not write, or one of the inputs, or its name has another
        ending.
    """
    if ending and path.suffix.lower() not in ("", ending):
        raise InputError(
            found=f"a name that ends in {path.suffix}",
            where=path,
            expected=f"one that ends in {ending}, which is what {command} writes",
            advice=f"give {path.with_suffix(ending)}",
        )
    _check_files(command, path.parent, [path])
    for given in inputs:
        if given is not None and path.exists() and given.exists() and path.samefile(given):
            raise InputError(
                found=f"it is what {command} reads, and would be replaced",
                where=path,
                expected="another file to write",
            )
    yield
    _claim(command, path.parent, {path: path.name}, is_new=True)


def _check_files(command: str, folder: Path, paths: Iterable[Path]) -> None:
    """Check that files of one folder may be written; what is replaced is told once."""
    written = _read_list(folder) or {}
    replaced = []
    for path in paths:
        if path.is_dir():
            raise InputError(found="a folder", where=path, expected="the path of a file to write")
        if os.path.lexists(path):
            _refuse_strange(command, path, written.get(path.name, ""), is_older=False)
            replaced.append(path)
    if replaced:
        others = f" and {len(replaced) - 1} others" if len(replaced) > 1 else ""
        log.info("%s%s: replaces what an earlier run wrote", replaced[0], others)


def _check_folders(command: str, paths: Iterable[Path]) -> None:
    """Check that folders hold only what an earlier run has written, by the lists that are in them."""
    replaced = []
    for path in paths:
        if not _is_something(path) and not path.is_symlink():
            continue
        if path.is_symlink() or not path.is_dir() or read_hashed(path / FILE_LIST) is None:
            # What another hand has put in the place of ours has no list.
            _refuse_strange(command, path, "", is_older=False)
        refuse_strangers(path)
        replaced.append(path)
    if replaced:
        others = f" and {len(replaced) - 1} others" if len(replaced) > 1 else ""
        log.info("%s%s: written by an earlier run; what has changed is replaced", replaced[0], others)


def is_written(folder: Path, path: Path) -> bool:
    """Check whether a path in a work folder, if anything is there, is on the list of what was written."""
    listed = _read_list(folder)
    return _name(path, folder) in (_find_written(folder) if listed is None else listed)


def list_written(stage: str, work: Path, folder: Path) -> list[Path]:
    """List what a stage wrote in a folder and is still there, by the list in the work folder or there.

    Parameters
    ----------
    stage
        Name of the stage.
    work
        The work folder.
    folder
        The folder, in the work folder or elsewhere.
    """
    place = work if folder.resolve().is_relative_to(work.resolve()) else folder
    paths = (place / name for name, writer in (_read_list(place) or {}).items() if writer == stage)
    return [path for path in paths if path.parent.resolve() == folder.resolve() and os.path.lexists(path)]


def _claim(
    stage: str, folder: Path, names: Mapping[Path, str], *, is_new: bool = False, keeps_all: bool = False
) -> None:
    with _listing_alone(folder):
        listed = _read_list(folder)
        written = _find_written(folder) if listed is None else listed
        # Of a version that kept no list.
        is_older = listed is None and any(writer != _SIMULATE for writer in written.values())
        # What somebody removed is not hpacells' own any more.
        claimed = {
            name: writer for name, writer in written.items() if keeps_all or os.path.lexists(folder / name)
        }
        for path, name in names.items():
            if name == ".":
                continue
            if not is_new and _is_something(path):
                _refuse_strange(stage, path, written.get(name, ""), is_older=is_older)
            claimed[name] = written.get(name) or stage
        if claimed != listed:
            with atomic_write(folder / LIST_NAME) as temporary:
                temporary.write_text(format_hashed(claimed))


@contextmanager
def _listing_alone(folder: Path) -> Iterator[None]:
    """Wait until no other process changes the list in a folder, which may be that of several work folders."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Where the file system knows no locks, the last one has the list.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _refuse_strange(stage: str, path: Path, writer: str, *, is_older: bool) -> None:
    manifest = _read_manifest(path) if path.is_file() else None
    if manifest is None and (writer == stage or {writer, stage} <= _COMPLETING):
        return
    if not writer and manifest is None and is_older and stage != _SIMULATE:
        return
    source = f"what `hpacells {writer}` wrote" if writer else "what hpacells did not write"
    if manifest is not None:
        source = f"the manifest of {manifest.stage}"
    raise InputError(
        found=f"{'a folder' if path.is_dir() else 'a file'} with {source}, which {stage} would replace",
        where=path,
        expected="nothing there, or what an earlier run has written",
        advice="move it away, or write to another place (another --work or --output)",
    )


def _read_list(folder: Path) -> dict[str, str] | None:
    listed = read_hashed(folder / LIST_NAME)
    return listed if isinstance(listed, dict) else None


def _find_written(folder: Path) -> dict[str, str]:
    """Find what the manifests in a folder name, where there is no list."""
    written = {}
    for path in sorted(folder.glob("*.json")):
        manifest = _read_manifest(path)
        if manifest is not None:
            written |= dict.fromkeys((path.name, *manifest.outputs), manifest.stage)
    if (folder / "masks" / ".fields").is_dir():
        # Of a segmentation that was killed.
        written["masks"] = "segment"
    if (folder / "tiles.zarr" / CONTENTS).is_file():
        # Of tiles whose manifest is lost, or that wait for it.
        written["tiles.zarr"] = "crops"
    return written


def _read_manifest(path: Path) -> Manifest | None:
    """Read a file if it is a manifest, and no more than its beginning of any other, however large."""
    try:
        with path.open("rb") as file:
            begins_as_one = _MANIFEST.match(file.read(64)) is not None
    except OSError:
        return None
    return read_manifest(path) if begins_as_one else None


def _name(path: Path, folder: Path) -> str | None:
    """Return a path as seen from the folder, which may be moved with all that is in it; None if elsewhere."""
    whole, parent = path.parent.resolve() / path.name, folder.resolve()
    return str(whole.relative_to(parent)) if whole.is_relative_to(parent) else None


def _is_something(path: Path) -> bool:
    if path.is_dir():
        return next(path.iterdir(), None) is not None
    return os.path.lexists(path)

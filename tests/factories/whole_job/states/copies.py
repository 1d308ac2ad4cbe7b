"""Copies of work folders, of which only what has changed since is copied anew."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

Mark = tuple[int, ...]
"""What no file keeps that is replaced or written to: its inode, size and times (ns)."""

_copied: dict[Path, dict[str, tuple[str, Mark, Mark]]] = {}
"""Copy -> name in it -> the file that it was copied from, the mark of that, and its own."""


def copy(folder: Path, work: Path) -> None:
    """Copy a work folder, which may not exist, to a place where another was before; links stay links.

    Times are kept. What is still there as it was copied before stays.
    """
    before = _copied.pop(work, {})
    if not folder.exists():
        shutil.rmtree(work, ignore_errors=True)
        return
    entries = {entry.path[len(str(folder)) + 1 :]: entry for entry in _walk(folder)}
    _remove_others(work, entries)
    work.mkdir(parents=True, exist_ok=True)
    now: dict[str, tuple[str, Mark, Mark]] = {}
    for name, entry in entries.items():
        target = work / name
        if entry.is_symlink():
            target.unlink(missing_ok=True)
            target.symlink_to(Path(entry.path).readlink())
        elif entry.is_dir():
            target.mkdir(exist_ok=True)
        else:
            origin = entry.path, mark(entry.path)
            if not (name in before and before[name][:2] == origin and before[name][2] == mark(target)):
                target.unlink(missing_ok=True)
                shutil.copy2(entry.path, target)
            now[name] = (*origin, mark(target))
    # Once nothing more is written into them.
    for name, entry in reversed(entries.items()):
        if entry.is_dir(follow_symlinks=False):
            shutil.copystat(entry.path, work / name)
    shutil.copystat(folder, work)
    _copied[work] = now


def mark(path: Path | str) -> Mark:
    """Return what tells whether a file was written to or replaced; empty where there is none."""
    try:
        stat = os.lstat(path)
    except FileNotFoundError:
        return ()
    return stat.st_ino, stat.st_mode, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _walk(folder: Path | str) -> Iterator["os.DirEntry[str]"]:
    """Yield what is in a folder, each folder before what is in it."""
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path)


def _remove_others(work: Path, wanted: dict[str, "os.DirEntry[str]"]) -> None:
    """Remove what is not wanted in a folder, or is there as something else."""
    if work.is_symlink() or work.is_file():
        work.unlink()
    if not work.exists():
        return
    for entry in list(_walk(work)):
        other = wanted.get(entry.path[len(str(work)) + 1 :])
        is_folder = entry.is_dir(follow_symlinks=False)
        if other is not None and is_folder == other.is_dir(follow_symlinks=False):
            continue
        if is_folder:
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink(missing_ok=True)

"""What a stage's outputs looked like when it ended, to notice what was changed or removed since."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pipeline.runs.manifest import hash_json


def stamp_outputs(outputs: tuple[Path, ...]) -> dict[str, str]:
    """Return what each output looks like.

    Returns
    -------
    dict
        Name -> size and modification time of a file; number, names and sizes of the files in a folder, which
        stay the same when the work folder is copied.
    """
    names = Counter(path.name for path in outputs)
    stamps = {}
    for path in outputs:
        name = path.name if names[path.name] == 1 else f"{path.parent.name}/{path.name}"
        if path.is_file():
            stat = path.stat()
            stamps[name] = f"{stat.st_size} bytes, modified {stat.st_mtime_ns}"
        else:
            stamps[name] = _stamp_folder(path) if path.is_dir() else "missing"
    return stamps


def _stamp_folder(folder: Path) -> str:
    listed = sorted(_list_files(str(folder)))
    prefix = len(str(folder)) + 1
    return f"{len(listed)} files, {hash_json([[name[prefix:], size] for name, size in listed])[:16]}"


def _list_files(folder: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _list_files(entry.path)
            else:
                yield entry.path, entry.stat(follow_symlinks=False).st_size

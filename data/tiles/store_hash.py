"""One hash of a whole tile store, by which what was computed from its tiles is found again."""

import hashlib
import json
from pathlib import Path

from data.atomic import atomic_write
from data.file_hash import hash_file
from data.tiles.shards.store_contents import DAMAGED
from data.tiles.shards.store_progress import PROGRESS


def hash_store(store: Path, remembered: Path) -> str:
    """Compute the SHA-256 of the names and contents of a tile store's files, in hexadecimal.

    Parameters
    ----------
    store
        The ``tiles.zarr`` folder.
    remembered
        A file that keeps the hash of each file with its size and modification time (ns), so that those that
        have not changed since need not be read again; it is written.

    Raises
    ------
    InputError
        A file cannot be read.
    """
    known = _read_remembered(remembered)
    hashes: dict[str, list[str]] = {}
    unhashed = (DAMAGED, PROGRESS)
    for path in sorted(path for path in store.rglob("*") if path.is_file() and path.name not in unhashed):
        stat = path.stat()
        name, look = str(path.relative_to(store)), f"{stat.st_size} {stat.st_mtime_ns}"
        before = known.get(name, ["", ""])
        hashes[name] = before if before[0] == look else [look, hash_file(path)]
    if hashes != known:
        with atomic_write(remembered) as temporary:
            temporary.write_text(json.dumps(hashes, indent=0))
    described = {name: content for name, (_, content) in hashes.items()}
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def _read_remembered(path: Path) -> dict[str, list[str]]:
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {name: seen for name, seen in known.items() if isinstance(seen, list) and len(seen) == 2}

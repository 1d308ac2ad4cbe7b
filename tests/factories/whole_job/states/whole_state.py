"""All that lies in a work folder, hidden files and manifests too, in one hash without times."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
from pydantic import ValidationError

from data.cells.field_cells import read_field_cells
from pipeline.runs.manifest import Manifest
from pipeline.runs.outputs.stamps import is_unchanged
from tests.factories.whole_job.results import read_anywhere, without_place
from tests.factories.whole_job.states.copies import Mark, mark

_TIMES = {"seconds", "finished", "content", "counts", "warnings", "outputs"}
"""What manifests of the same results may differ in: times, how much was done before, stamps."""

_digests: dict[Path, tuple[Mark, bytes]] = {}

_NANOSECONDS = re.compile(rb"\b\d{19}\b")
_SCHEMA = re.compile(rb"(?<=ARROW:schema)(.{0,8}?)([A-Za-z0-9+/]{100,}=*)", re.DOTALL)


def read_state(work: Path) -> str:
    """Hash everything in a work folder that a later command may read.

    From folders of one state the same commands make the same results. Copies of changed files, which no
    command reads, are left out; a damaged file is another than a whole one.
    """
    digest = hashlib.sha256()
    for path in sorted(work.rglob("*")):
        name = path.relative_to(work).as_posix()
        if path.is_dir() or "changed" in path.relative_to(work).parts[:-1]:
            continue
        digest.update(f"{name} ".encode())
        digest.update(_digest(path, work, _reader_of(name)))
    return digest.hexdigest()


def _digest(path: Path, work: Path, read: Callable[[Path, Path], bytes]) -> bytes:
    """Hash what is read of a file, once as long as it is the same."""
    if read is _read_manifest:
        # Which says of other files whether they are the same.
        return hashlib.sha256(read(path, work)).digest()
    now = mark(path)
    known = _digests.get(path)
    if known is None or known[0] != now:
        _digests[path] = now, hashlib.sha256(read(path, work)).digest()
    return _digests[path][1]


def _reader_of(name: str) -> Callable[[Path, Path], bytes]:
    folder, _, file = name.rpartition("/")
    if folder.endswith("masks/.fields"):
        return _read_record
    if file in _READERS:
        return _READERS[file]
    if file.endswith(".json") and (not folder or Path(folder).parent.name == "shards"):
        return _read_manifest
    return read_anywhere


def _read_manifest(path: Path, work: Path) -> bytes:
    content = read_anywhere(path, work)
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except ValidationError:
        return content
    is_whole = list(json.loads(content)) == list(Manifest.model_fields)
    if not is_whole or manifest.content != manifest.hash_content():
        return content
    kept = manifest.model_dump(mode="json", exclude=_TIMES)
    kept["details"].pop("seconds", None)
    kept["unchanged"] = {
        name: is_unchanged(path.parent / name, stamp) for name, stamp in sorted(manifest.outputs.items())
    }
    return without_place(json.dumps(kept).encode(), work)


def _read_record(path: Path, _: Path) -> bytes:
    """Read the cells of a field without the times of its label images, which are in there twice."""
    content = path.read_bytes()
    record = read_field_cells(path)
    if record is None or record.stamp is None:
        return content
    # Those that are read alone: a damaged one of the other copy stays.
    times = record.stamp.files.encode()
    digest = json.loads(pq.read_schema(path).metadata[b"hpacells"])["content"].encode()

    def leave_out(text: bytes) -> bytes:
        return text.replace(times, _NANOSECONDS.sub(b"", times)).replace(digest, b"")

    def decode(found: re.Match[bytes]) -> bytes:
        # A letter of the length before it may look like one of the text.
        text = found[2][len(found[2]) % 4 :]
        return found[1] + leave_out(base64.b64decode(text))

    try:
        return leave_out(_SCHEMA.sub(decode, content))
    except ValueError:
        return content


def _read_stamps(path: Path, _: Path) -> bytes:
    try:
        columns = pq.read_table(path).to_pydict()
    except (OSError, ValueError):
        return path.read_bytes()
    return _NANOSECONDS.sub(b"", json.dumps(columns).encode())


def _read_list(path: Path, _: Path) -> bytes:
    """Read a list of written files, whose order is that of the runs."""
    return b"\n".join(sorted(path.read_bytes().replace(b",\n", b"\n").split(b"\n")))


def _read_epochs(path: Path, _: Path) -> bytes:
    """Read the table of a training's epochs without its last columns, which say how long each took."""
    return b"\n".join(line.rsplit(b",", 3)[0] for line in path.read_bytes().split(b"\n"))


_READERS = {
    ".label_images.parquet": _read_stamps,
    ".written.json": _read_list,
    "metrics.csv": _read_epochs,
}

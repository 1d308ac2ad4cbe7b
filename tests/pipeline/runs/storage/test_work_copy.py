import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from data.errors import InputError
from data.storage.remote import Remote
from pipeline.runs.execute import Step, execute
from pipeline.runs.manifest import read_manifest
from pipeline.runs.storage.held_copies import find_copy, held_copy, refuse_url
from pipeline.runs.storage.work_copy import WorkCopy
from pipeline.runs.work import open_work
from stages.stage import Context, StageReport, StageSettings
from tests.factories.context import QuietContext

URL = "memory://top/work"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    use_machine(monkeypatch, tmp_path, "here")
    fs = fsspec.filesystem("memory")
    yield fs
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


def use_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv("HPACELLS_CACHE", str(tmp_path / name))


def step(folder: Path, content: str, *, fails: bool = False) -> Step:
    def run(_: str, __: Context) -> StageReport:
        (folder / "cells.parquet").write_text(content)
        (folder / "tiles.zarr").mkdir(exist_ok=True)
        (folder / "tiles.zarr" / "0").write_text(content)
        if fails:
            raise RuntimeError
        return StageReport()

    return Step(
        stage="crops",
        manifest=folder / "crops.json",
        settings=StageSettings(),
        inputs={"content": content},
        outputs=(folder / "cells.parquet", folder / "tiles.zarr"),
        run=run,
    )


def there(memory: Any) -> dict[str, bytes]:
    return {path.removeprefix("/top/work/"): memory.cat_file(path) for path in memory.find("/top/work")}


def make(content: str, command: str = "crops", **more: bool) -> None:
    with held_copy(URL, command, writes=True) as folder:
        assert find_copy(folder / "fields") is not None
        execute(step(folder, content, **more), QuietContext())


def test_the_manifest_is_sent_last_and_taken_away_first(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    send, remove = Remote.send, Remote.remove

    def note_send(remote: Remote, path: Path, name: str) -> None:
        done.append(name)
        send(remote, path, name)

    def note_remove(remote: Remote, names: Any) -> None:
        names = list(names)
        done.extend(f"no {name}" for name in names)
        remove(remote, names)

    monkeypatch.setattr(Remote, "send", note_send)
    monkeypatch.setattr(Remote, "remove", note_remove)
    make("one")
    assert done[-2:] == ["crops.json", "no .lock"]
    assert set(done[:3]) == {".written.json", "cells.parquet", "tiles.zarr/0"}
    done.clear()
    make("one")
    assert done == ["no .lock"]
    make("two")
    assert done[1] == "no crops.json"
    assert done[-2:] == ["crops.json", "no .lock"]
    assert there(memory)["cells.parquet"] == b"two"


def test_what_a_failing_stage_leaves_is_not_sent(memory: Any) -> None:
    make("one")
    before = there(memory)
    with pytest.raises(RuntimeError):
        make("two", fails=True)
    assert there(memory) == before
    with held_copy(URL, "evaluate", writes=True) as folder:
        (folder / "note.txt").write_text("mine")
    assert there(memory) == before | {
        "note.txt": b"mine",
        ".storage.json.gz": there(memory)[".storage.json.gz"],
    }
    make("two")
    assert there(memory)["cells.parquet"] == b"two"


def test_another_machine_fetches_what_it_reads(
    memory: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make("one")
    use_machine(monkeypatch, tmp_path, "other")
    with held_copy(URL, "combine", writes=True) as folder:
        assert not (folder / "tiles.zarr").exists()
        assert (folder / "cells.parquet").read_text() == "one"
    with held_copy(URL, "predict", writes=True) as folder:
        assert (folder / "tiles.zarr" / "0").read_text() == "one"
        manifest = read_manifest(folder / "crops.json")
        assert manifest is not None
        # By the same time it is known as unchanged without being read.
        assert (
            f"modified {(folder / 'cells.parquet').stat().st_mtime_ns}," in manifest.outputs["cells.parquet"]
        )
    make("two")
    use_machine(monkeypatch, tmp_path, "here")
    with held_copy(URL, "predict", writes=True) as folder:
        assert (folder / "tiles.zarr" / "0").read_text() == "two"


def test_what_was_removed_here_is_removed_there(memory: Any) -> None:
    make("one")
    with held_copy(URL, "evaluate", writes=True) as folder:
        (folder / "note.txt").write_text("mine")
    with held_copy(URL, "evaluate", writes=True) as folder:
        (folder / "note.txt").unlink()
    assert "note.txt" not in there(memory)
    assert "tiles.zarr/0" in there(memory)


def test_what_was_removed_there_is_removed_here(memory: Any) -> None:
    make("one")
    memory.rm_file("/top/work/tiles.zarr/0")
    with held_copy(URL, "crops", writes=True) as folder:
        assert not (folder / "tiles.zarr" / "0").exists()
    make("one")
    assert there(memory)["tiles.zarr/0"] == b"one"


@pytest.mark.parametrize("arrived", range(6))
def test_wherever_sending_stops_it_is_repeated(
    memory: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arrived: int
) -> None:
    make("one")
    send, sent = Remote.send, []

    def stop(remote: Remote, path: Path, name: str) -> None:
        if len(sent) == arrived:
            raise KeyboardInterrupt
        sent.append(name)
        send(remote, path, name)

    with monkeypatch.context() as patched:
        patched.setattr(Remote, "send", stop)
        patched.setattr("data.storage.transfers.REQUESTS", 1)
        if arrived < 4:
            with pytest.raises(KeyboardInterrupt):
                make("two")
            assert "crops.json" not in there(memory)
        else:
            make("two")
    with held_copy(URL, "evaluate", writes=True):
        pass
    found = there(memory)
    assert found["cells.parquet"] == found["tiles.zarr/0"] == b"two"
    assert json.loads(found["crops.json"])["inputs"] == {"content": "two"}
    use_machine(monkeypatch, tmp_path, "other")
    with held_copy(URL, "crops", writes=True) as folder:
        assert (
            execute(step(folder, "two"), QuietContext()).finished
            == json.loads(found["crops.json"])["finished"]
        )


def test_a_copy_that_was_removed_is_fetched_again(memory: Any) -> None:
    import shutil

    make("one")
    before = there(memory)
    shutil.rmtree(os.environ["HPACELLS_CACHE"])
    with held_copy(URL, "crops", writes=True) as folder:
        assert (folder / "tiles.zarr" / "0").read_text() == "one"
    assert there(memory) == before


def test_a_lost_record_is_made_again(memory: Any) -> None:
    make("one")
    before = there(memory)
    copy = WorkCopy(URL)
    (copy.root / ".storage.record.json").unlink()
    make("one")
    assert there(memory) == before


def test_two_machines_that_differ_are_told(
    memory: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make("one")
    with held_copy(URL, "evaluate", writes=True) as folder:
        root = folder
    (root / "note.txt").write_text("here")
    use_machine(monkeypatch, tmp_path, "other")
    with held_copy(URL, "evaluate", writes=True) as folder:
        (folder / "note.txt").write_text("there!")
    use_machine(monkeypatch, tmp_path, "here")
    with pytest.raises(InputError, match=r"note.txt changed there, and also in this machine's copy"):
        make("two")
    assert there(memory)["note.txt"] == b"there!"
    assert (root / "note.txt").read_text() == "here"


def test_a_folder_is_read_in_python(memory: Any) -> None:
    make("one")
    work = open_work(URL)
    assert work.paths.cells.read_text() == "one"
    assert ".lock" not in there(memory)


def test_urls_are_not_written_to_elsewhere(tmp_path: Path) -> None:
    refuse_url(tmp_path)
    with pytest.raises(InputError, match=r"s3://bucket/x: a URL, where files of this machine are written"):
        refuse_url(Path("s3://user:pass@bucket/x"))


def test_a_web_server_is_no_work_folder() -> None:
    said = "^http://127.0.0.1:1/x: http:// as a work folder, where nothing can be written"
    with pytest.raises(InputError, match=said), held_copy("http://u:p@127.0.0.1:1/x", "crops", writes=True):
        pass

import shutil
from pathlib import Path

import pytest

from data.errors import InputError
from data.export.whole_store import RECORD, is_whole, keep_whole, remove_store, resumed_store, whole_store
from tests.factories.killed_writers import kill_before_each_operation


def write(path: Path, key: str, content: str = "pixels") -> None:
    with whole_store(path, key) as store:
        (store / "c").mkdir()
        (store / "c/0").write_text(content)


def test_a_store_is_known_by_its_key_and_files(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    assert not is_whole(path, "key")
    write(path, "key")
    assert is_whole(path, "key")
    assert not is_whole(path, "other")
    (path / "c/0").write_text("pixelz")
    assert not is_whole(path, "key")
    write(path, "key")
    (path / "c/1").write_text("more")
    assert not is_whole(path, "key")
    with pytest.raises(InputError, match="c/1, which hpacells did not write"):
        write(path, "key")
    with pytest.raises(InputError, match="c/1, which hpacells did not write"):
        remove_store(path)
    (path / "c/1").unlink()
    remove_store(path)
    assert not path.exists()


def test_nothing_half_written_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    write(path, "key", "old")
    with pytest.raises(FileNotFoundError), whole_store(path, "new") as store:
        store.joinpath("missing").read_text((store / "x").write_text("half") and None)
    assert is_whole(path, "key")
    assert [found.name for found in tmp_path.iterdir()] == ["a.zarr"]


def test_what_is_no_store_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes").write_text("mine")
    remove_store(tmp_path / "mine")
    remove_store(tmp_path / "nothing")
    assert (tmp_path / "mine/notes").exists()


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "all.zarr"
    with pytest.raises(FileNotFoundError), resumed_store(path, "key") as store:
        store.joinpath("missing").read_text(write(store / "one", "key one"))
    assert not path.exists()
    with resumed_store(path, "key") as store:
        assert is_whole(store / "one", "key one")
        write(store / "two", "key two")
    assert sorted(found.name for found in path.iterdir()) == [".written.json", "one", "two"]
    assert not list(path.rglob(RECORD))
    with resumed_store(path, "other") as store:
        assert [found.name for found in store.iterdir()] == [RECORD]
    assert [found.name for found in tmp_path.iterdir()] == ["all.zarr"]


def list_all(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def write_unless_whole(path: Path, key: str) -> None:
    if not keep_whole(path, key):
        write(path, key, f"pixels of {key}")


@pytest.mark.parametrize("next_key", ["old", "new"])
def test_nothing_of_a_killed_run_is_left_beside_a_store(tmp_path: Path, next_key: str) -> None:
    out, before = tmp_path / "out", tmp_path / "before"
    before.mkdir()
    write_unless_whole(before / "a.zarr", "old")
    shutil.copytree(before, out)
    write_unless_whole(out / "a.zarr", next_key)
    undisturbed, left = list_all(out), {}
    for number in kill_before_each_operation(out, before, lambda: write_unless_whole(out / "a.zarr", "new")):
        write_unless_whole(out / "a.zarr", next_key)
        assert (out / "a.zarr/c/0").read_text() == f"pixels of {next_key}"
        if list_all(out) != undisturbed:
            left[number] = list_all(out)
    assert left == {}


def test_a_store_is_removed_whole_or_not_at_all(tmp_path: Path) -> None:
    out, before = tmp_path / "out", tmp_path / "before"
    before.mkdir()
    write(before / "a.zarr", "key")
    kills = []
    for number in kill_before_each_operation(out, before, lambda: remove_store(out / "a.zarr")):
        assert is_whole(out / "a.zarr", "key") or not (out / "a.zarr").exists()
        remove_store(out / "a.zarr")
        assert list_all(out) == []
        kills.append(number)
    assert len(kills) > 4

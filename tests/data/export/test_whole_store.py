from pathlib import Path

import pytest

from data.errors import InputError
from data.export.whole_store import RECORD, is_whole, remove_store, resumed_store, whole_store


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

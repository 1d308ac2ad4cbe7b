from pathlib import Path

import pytest

from data.labels.label_set import read_label_set
from data.text.named_file import find_named


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a bundled file ``one``; the current folder is another."""
    folder = tmp_path / "bundled"
    folder.mkdir()
    (folder / "one.toml").touch()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder


@pytest.mark.parametrize("given", ["one.toml", "./one", "two", Path("one")])
def test_what_is_no_name_is_a_path(bundled: Path, given: str | Path) -> None:
    assert find_named(given, bundled, "file") == Path(given)


def test_a_name_is_the_bundled_one_whatever_lies_here(
    bundled: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert find_named("one", bundled, "file") == bundled / "one.toml"
    assert not caplog.records
    Path("one").mkdir()
    assert find_named("one", bundled, "file") == bundled / "one.toml"
    assert not caplog.records
    Path("one").rmdir()
    Path("one").touch()
    assert find_named("one", bundled, "file") == bundled / "one.toml"
    [record] = caplog.records
    assert record.getMessage().startswith("one: the file that comes with hpacells is taken")


@pytest.mark.usefixtures("bundled")
def test_a_file_named_like_a_label_set_is_not_read_for_it() -> None:
    Path("hpa2021").write_text('names = ["a", "b"]\n')
    assert len(read_label_set("hpa2021")) == 19
    assert len(read_label_set("./hpa2021")) == 2

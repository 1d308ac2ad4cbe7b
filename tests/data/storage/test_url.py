from pathlib import Path

import pytest

from data.storage.url import find_local, find_url, hide_secrets, without_secrets


@pytest.mark.parametrize(
    ("place", "url"),
    [
        ("s3://bucket/images", "s3://bucket/images"),
        ("S3://bucket/images/", "s3://bucket/images"),
        (Path("s3://bucket/images"), "s3://bucket/images"),
        (Path("https://host:8000/a b"), "https://host:8000/a b"),
        ("gs://bucket", "gs://bucket"),
        ("memory://x", "memory://x"),
        ("images", None),
        ("/data/images", None),
        ("C:/images", None),
        ("a:b/c", None),
        ("s3://", "s3://"),
        (Path("s3://"), "s3://"),
        (Path("HTTP://"), "http://"),
        ("Cells:", None),
        (Path(), None),
    ],
)
def test_urls_are_told_from_paths(place: str | Path, url: str | None) -> None:
    assert find_url(place) == url


def test_a_path_that_is_there_is_no_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s3:/bucket").mkdir(parents=True)
    assert find_url("s3:/bucket") is None


def test_files_of_this_machine_are_paths() -> None:
    assert find_local(Path("file:///data/x")) == Path("/data/x")
    assert find_local(Path("local:///data/x")) == Path("/data/x")
    assert find_local(Path("s3://bucket/x")) == Path("s3://bucket/x")
    assert find_local(Path("x")) == Path("x")
    assert find_local(None) is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@host:8000/a?token=1#x", "https://host:8000/a"),
        ("s3://key:secret@bucket/a", "s3://bucket/a"),
        ("s3://bucket/a", "s3://bucket/a"),
    ],
)
def test_secrets_are_not_shown(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
    assert hide_secrets(f"hpacells run {url} --work {url} x/y") == f"hpacells run {shown} --work {shown} x/y"
    assert "pass" not in hide_secrets("http://user:pass@[half/a")

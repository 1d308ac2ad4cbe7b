"""URLs where none can be used: one line, before anything is done."""

from pathlib import Path

import pytest

from tests.factories.command_line import run_here


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--work", "w", "--labels", "s3://user:pass@bucket/train.csv"),
        ("combine", "--work", "w", "--output=s3://bucket/submission.csv"),
        ("predict", "--work", "w", "--model", "s3://bucket/model"),
    ],
)
def test_other_options_take_files_of_this_machine(arguments: tuple[str, ...]) -> None:
    message = run_here(*arguments, status=2)
    assert message.count("\n") == 1
    assert "the URL s3://bucket/" in message
    assert "pass@" not in message


def test_what_is_written_is_no_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    message = run_here("simulate", "s3://bucket/out", "--fields", 1, "--size", 400, status=2)
    assert "a URL, where files of this machine are written" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://no-such-bucket/images", "s3://no-such-bucket/images: no such bucket"),
        ("foo://bucket/images", "no known kind of storage (foo://)"),
        ("gs://bucket/images", "the package for gs:// is not installed"),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_wrong_urls_are_one_line(tmp_path: Path, url: str, said: str) -> None:
    for arguments in (("images", url), ("combine", "--work", url)):
        message = run_here(*arguments, status=2)
        assert message.count("\n") == 1
        assert said in message

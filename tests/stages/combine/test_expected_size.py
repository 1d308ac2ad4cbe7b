import logging
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from data.errors import InputError
from stages.combine.expected_size import tell_size


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=12e9))


def test_a_large_submission_is_told(free, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hpacells")
    tell_size(Path("new/folder/s.csv"), 4_000_000, 1_000_000, 1700)
    assert "about 6.9 GB to write, 12.0 GB free: each mask is repeated for 4.0 classes" in caplog.text
    assert "combine.max_classes=3" in caplog.text
    caplog.clear()
    tell_size(Path("s.csv.zst"), 4_000_000, 1_000_000, 1700)
    assert "from 1.3 GB to 5.3 GB to write, 12.0 GB free" in caplog.text


def test_nothing_is_said_of_a_small_one(free, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hpacells")
    tell_size(Path("s.csv"), 19_000, 1000, 1700)
    tell_size(Path("s.csv"), 0, 0, 0.0)
    assert caplog.text == ""


def test_one_that_does_not_fit_is_refused(free) -> None:
    with pytest.raises(InputError, match="about 65.1 GB to write, and 12.0 GB free on the disk.*csv.zst"):
        tell_size(Path("s.csv"), 38_000_000, 2_000_000, 1700)
    tell_size(Path("s.csv.zst"), 38_000_000, 2_000_000, 1700)

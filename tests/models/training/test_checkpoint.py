from pathlib import Path

import pytest
import torch

from data.software.versions import library_versions
from models.training import checkpoint
from models.training.checkpoint import Checkpoint


def test_state_and_random_numbers_come_back(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    state = {
        "weights": {"a": torch.arange(3.0)},
        "progress": {"epoch": 2, "best": float("-inf")},
        "none": None,
    }
    torch.manual_seed(4)
    Checkpoint(path, "key", 60).save(state)
    expected = torch.rand(5)
    loaded = Checkpoint(path, "key", 60).load()
    assert loaded is not None
    assert torch.equal(torch.rand(5), expected)
    assert torch.equal(loaded["weights"]["a"], state["weights"]["a"])
    assert loaded["progress"] == state["progress"]
    assert loaded["none"] is None


def test_no_checkpoint(tmp_path: Path) -> None:
    assert Checkpoint(tmp_path / "checkpoint.pt", "key", 60).load() is None


def test_a_checkpoint_of_another_training_is_not_taken(tmp_path: Path) -> None:
    Checkpoint(tmp_path / "checkpoint.pt", "key", 60).save({})
    torch.manual_seed(9)
    expected = torch.get_rng_state()
    assert Checkpoint(tmp_path / "checkpoint.pt", "other", 60).load() is None
    assert torch.equal(torch.get_rng_state(), expected)


@pytest.mark.parametrize("size", [0, 10, 500])
def test_a_broken_checkpoint_is_not_taken(
    tmp_path: Path, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "checkpoint.pt"
    Checkpoint(path, "key", 60).save({"weights": torch.zeros(1000)})
    path.write_bytes(path.read_bytes()[:size])
    assert Checkpoint(path, "key", 60).load() is None
    assert "training starts from the beginning" in caplog.text


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    class Code:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / "run",)

    torch.save({"key": "key", "state": Code()}, tmp_path / "checkpoint.pt")
    assert Checkpoint(tmp_path / "checkpoint.pt", "key", 60).load() is None
    assert not (tmp_path / "run").exists()


def test_when_the_next_one_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    checkpoint = Checkpoint(tmp_path / "checkpoint.pt", "key", 60)
    assert not checkpoint.is_due
    now = 160.0
    assert checkpoint.is_due
    checkpoint.save({})
    assert not checkpoint.is_due


@pytest.mark.parametrize(
    ("library", "version", "named"),
    [
        ("opencv", "4.14.0", "OpenCV 4.14.0 ("),
        ("albucore", "0.0.1", "albucore 0.0.1 ("),
        ("torch", "2.12.1", "torch 2.12.1 ("),
    ],
)
def test_a_checkpoint_of_other_libraries_is_not_taken(
    tmp_path: Path,
    library: str,
    version: str,
    named: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "checkpoint.pt"
    with monkeypatch.context() as earlier:
        earlier.setattr(checkpoint, "library_versions", lambda: library_versions() | {library: version})
        Checkpoint(path, "key", 60).save({})
    torch.manual_seed(9)
    expected = torch.get_rng_state()
    assert Checkpoint(path, "key", 60).load() is None
    assert torch.equal(torch.get_rng_state(), expected)
    [message] = caplog.messages
    assert f"checkpoint written with {named}" in message
    assert "training starts from the beginning" in message
    assert "replaced after 60 s" in message


def test_other_releases_that_change_no_pixel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = library_versions() | {"numpy": "2.0.0", "scipy": "1.13.0", "tifffile": "2024.5.22"}
    with monkeypatch.context() as earlier:
        earlier.setattr(checkpoint, "library_versions", lambda: other)
        Checkpoint(tmp_path / "checkpoint.pt", "key", 60).save({"step": 3})
    assert Checkpoint(tmp_path / "checkpoint.pt", "key", 60).load() == {"step": 3}

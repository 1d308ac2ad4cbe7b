from pathlib import Path

import pytest
import torch

from models.training.checkpoint import load_checkpoint, save_checkpoint


def test_state_and_random_numbers_come_back(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    state = {
        "weights": {"a": torch.arange(3.0)},
        "progress": {"epoch": 2, "best": float("-inf")},
        "none": None,
    }
    torch.manual_seed(4)
    save_checkpoint(path, "key", state)
    expected = torch.rand(5)
    loaded = load_checkpoint(path, "key")
    assert loaded is not None
    assert torch.equal(torch.rand(5), expected)
    assert torch.equal(loaded["weights"]["a"], state["weights"]["a"])
    assert loaded["progress"] == state["progress"]
    assert loaded["none"] is None


def test_no_checkpoint(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "checkpoint.pt", "key") is None


def test_a_checkpoint_of_another_training_is_not_taken(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "checkpoint.pt", "key", {})
    torch.manual_seed(9)
    expected = torch.get_rng_state()
    assert load_checkpoint(tmp_path / "checkpoint.pt", "other") is None
    assert torch.equal(torch.get_rng_state(), expected)


@pytest.mark.parametrize("size", [0, 10, 500])
def test_a_broken_checkpoint_is_not_taken(
    tmp_path: Path, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, "key", {"weights": torch.zeros(1000)})
    path.write_bytes(path.read_bytes()[:size])
    assert load_checkpoint(path, "key") is None
    assert "training starts anew" in caplog.text


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    class Code:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / "run",)

    torch.save({"key": "key", "state": Code()}, tmp_path / "checkpoint.pt")
    assert load_checkpoint(tmp_path / "checkpoint.pt", "key") is None
    assert not (tmp_path / "run").exists()

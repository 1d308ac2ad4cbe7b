"""The trial of the runtimes on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from models.runtimes import trial
from models.runtimes.names import runtimes_of_processor
from models.runtimes.trial import choose_by_trial, find_times, time_runtimes

NAMES = ("openvino-bfloat16", "torch-bfloat16", "openvino", "torch")


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A cache of the test's own, on the disk and in memory."""
    find_times.cache_clear()
    monkeypatch.setenv("HPACELLS_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache" / "runtimes"
    find_times.cache_clear()


def pretend(monkeypatch: pytest.MonkeyPatch, *seconds: float) -> list[tuple[str, ...]]:
    tried = []

    def measure(names: tuple[str, ...]) -> dict[str, float]:
        tried.append(names)
        return dict(zip(names, seconds, strict=True))

    monkeypatch.setattr(trial, "time_runtimes", measure)
    return tried


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ((1.0, 2.0, 3.0, 4.0), "openvino-bfloat16"),
        # A little faster is not enough.
        ((1.0, 0.95, 0.9, 4.0), "openvino-bfloat16"),
        ((1.0, 0.5, 3.0, 4.0), "torch-bfloat16"),
        ((9.0, 8.5, 3.0, 2.9), "openvino"),
        ((9.0, 8.5, 3.0, 1.0), "torch"),
    ],
)
def test_the_first_is_taken_unless_another_is_clearly_faster(
    monkeypatch: pytest.MonkeyPatch, seconds: tuple[float, ...], chosen: str
) -> None:
    pretend(monkeypatch, *seconds)
    assert choose_by_trial(NAMES) == chosen


def test_a_trial_is_made_once_and_kept(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    tried = pretend(monkeypatch, 4.0, 1.0)
    for _ in range(2):
        find_times.cache_clear()
        assert find_times(("openvino", "torch")) == (("openvino", 4.0), ("torch", 1.0))
    assert tried == [("openvino", "torch")]
    (kept,) = cache.iterdir()
    assert json.loads(kept.read_text()) == {"openvino": 4.0, "torch": 1.0}


@pytest.mark.parametrize("content", ["", "[]", '{"openvino": "?"}', '{"openvino": 1.0}'])
def test_a_damaged_trial_is_made_again(monkeypatch: pytest.MonkeyPatch, cache: Path, content: str) -> None:
    tried = pretend(monkeypatch, 4.0, 1.0)
    find_times(("openvino", "torch"))
    (kept,) = cache.iterdir()
    kept.write_text(content)
    find_times.cache_clear()
    assert dict(find_times(("openvino", "torch")))["torch"] == 1.0
    assert len(tried) == 2


def test_another_processor_has_a_trial_of_its_own(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    tried = pretend(monkeypatch, 4.0, 1.0)
    for processor in ("one", "another"):
        monkeypatch.setattr(trial, "_processor", lambda processor=processor: [processor])
        find_times.cache_clear()
        find_times(("openvino", "torch"))
    assert len(tried) == len(list(cache.iterdir())) == 2


def test_a_trial_that_cannot_be_kept_counts_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pretend(monkeypatch, 4.0, 1.0)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HPACELLS_CACHE", str(tmp_path / "file"))
    assert choose_by_trial(("openvino", "torch")) == "torch"


def test_a_trial_that_fails_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(names: tuple[str, ...]) -> dict[str, float]:
        message = "no such instruction"
        raise RuntimeError(message)

    monkeypatch.setattr(trial, "time_runtimes", fail)
    assert choose_by_trial(NAMES) == NAMES[0]


def test_every_runtime_of_this_processor_is_timed_and_leaves_torch_as_it_was() -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    threads = torch.get_num_threads()
    seconds = time_runtimes(runtimes_of_processor())
    assert list(seconds) == list(runtimes_of_processor())
    assert all(value > 0 for value in seconds.values())
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.rand(1), expected)


def test_every_runtime_computes_the_same() -> None:
    image = torch.rand(1, 32, 24, 24)
    with torch.inference_mode():
        expected = trial._network()(image)
    for name in runtimes_of_processor():
        library, _, precision = name.partition("-")
        prepare = trial._prepare_openvino if library == "openvino" else trial._prepare_torch
        found = prepare(trial._network(), image, bfloat16=precision == "bfloat16")()
        found = torch.as_tensor(found[0] if library == "openvino" else found).float().reshape(expected.shape)
        assert (found - expected).abs().max() < 0.05 * expected.std()

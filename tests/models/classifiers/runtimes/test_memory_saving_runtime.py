import logging
from collections.abc import Callable

import numpy as np
import pytest
import torch

from data.errors import InputError
from models.classifiers.classifier import Classifier, Scores
from models.classifiers.runtimes.memory_saving_runtime import MemorySavingRuntime
from models.classifiers.runtimes.torch_runtime import TorchRuntime

TILES = np.random.default_rng(4).integers(0, 256, (13, 32, 32, 2), dtype=np.uint8)


class Short:
    """A runtime on which no more than so many tiles fit, and which notes how many it is given."""

    def __init__(self, classifier: Classifier, most: int) -> None:
        self._runtime = TorchRuntime(classifier, torch.device("cpu"), torch.float32)
        self.classifier, self.most = classifier, most
        self.sizes: list[int] = []
        self.error: Exception = torch.OutOfMemoryError("CUDA out of memory.")

    def identity(self) -> str:
        return self._runtime.identity()

    def __call__(self, tiles: np.ndarray) -> Scores:
        self.sizes.append(len(tiles))
        if len(tiles) > self.most:
            raise self.error
        return self._runtime(tiles)


@pytest.mark.parametrize(
    ("most", "sizes", "told"),
    [
        (13, [13], []),
        (8, [13, 7, 6], [(13, 7)]),
        (3, [13, 7, 4, 2, 2, 2, 2, 2, 2, 1], [(13, 7), (7, 4), (4, 2)]),
        (1, [13, 7, 4, 2] + 13 * [1], [(13, 7), (7, 4), (4, 2), (2, 1)]),
    ],
)
def test_a_batch_that_does_not_fit_is_run_in_halves(
    make_classifier: Callable[..., Classifier],
    caplog: pytest.LogCaptureFixture,
    most: int,
    sizes: list[int],
    told: list[tuple[int, int]],
) -> None:
    caplog.set_level(logging.WARNING, "hpacells")
    short = Short(make_classifier(), most)
    runtime = MemorySavingRuntime(short, "the cells")
    expected = TorchRuntime(make_classifier(), torch.device("cpu"), torch.float32)(TILES)
    torch.testing.assert_close(runtime(TILES), expected, atol=1e-5, rtol=1e-5)
    assert short.sizes == sizes
    assert [record.message for record in caplog.records] == [
        f"not enough memory for {tiles} tiles at a time: the cells are taken {fewer} at a time from here on"
        for tiles, fewer in told
    ]
    # The next batch begins with what fitted.
    short.sizes.clear()
    torch.testing.assert_close(runtime(TILES), expected, atol=1e-5, rtol=1e-5)
    assert max(short.sizes) <= most
    assert len(caplog.records) == len(told)
    assert runtime.classifier is short.classifier
    assert runtime.identity() == short.identity()


def test_it_may_be_told_to_developers_only(
    make_classifier: Callable[..., Classifier], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hpacells")
    MemorySavingRuntime(Short(make_classifier(), 5), "the cells", logging.DEBUG)(TILES)
    assert not caplog.records


def test_too_little_memory_for_one_tile(make_classifier: Callable[..., Classifier]) -> None:
    with pytest.raises(InputError, match="the cells: not enough memory for 1 tile at a time.*free memory"):
        MemorySavingRuntime(Short(make_classifier(), 0), "the cells")(TILES)


def test_other_errors_are_not_hidden(make_classifier: Callable[..., Classifier]) -> None:
    short = Short(make_classifier(), 0)
    short.error = RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        MemorySavingRuntime(short, "the cells")(TILES)
    assert short.sizes == [13]


def test_nothing_refers_to_the_tensors_of_a_batch_that_did_not_fit(
    make_classifier: Callable[..., Classifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the memory that it took could not be given back before the halves are run."""

    class Big:
        alive = 0

        def __init__(self) -> None:
            Big.alive += 1

        def __del__(self) -> None:
            Big.alive -= 1

    class Holding(Short):
        def __call__(self, tiles: np.ndarray) -> Scores:
            big = Big()
            if len(tiles) > self.most:
                raise MemoryError
            assert big
            return super().__call__(tiles)

    freed: list[int] = []
    monkeypatch.setattr(
        "models.classifiers.runtimes.memory_saving_runtime.free_memory", lambda: freed.append(Big.alive)
    )
    MemorySavingRuntime(Holding(make_classifier(), 4), "the cells")(TILES)
    assert freed == [0, 0]


def test_few_tiles_from_the_start(make_classifier: Callable[..., Classifier]) -> None:
    short = Short(make_classifier(), 13)
    runtime = MemorySavingRuntime(short, "the tiles", max_tiles=5)
    expected = Short(make_classifier(), 13)(TILES)
    torch.testing.assert_close(runtime(TILES).logits, expected.logits)
    assert short.sizes == [5, 5, 3]

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from data.tiles.batch_loader import BatchLoader
from data.tiles.preparation import TileSettings, read_prepared
from data.tiles.tile_store import TileStore
from models.classifiers.classifier import Classifier, Scores
from models.classifiers.inference import predict_tiles, score_tiles
from models.classifiers.runtimes.torch_runtime import TorchRuntime

COUNT = 13
SETTINGS = TileSettings(size=32, channels=("red", "green"))
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def store(random_tiles: Path) -> TileStore:
    return TileStore(random_tiles)


@pytest.fixture
def loader(store: TileStore) -> BatchLoader:
    return BatchLoader(store, np.arange(COUNT), SETTINGS)


def score_one_by_one(classifier: Classifier, tiles: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities and embeddings of tiles (n, S, S, C), one at a time."""
    with torch.inference_mode():
        scores = [classifier(torch.from_numpy(tile.copy()).permute(2, 0, 1)[None]) for tile in tiles]
    probabilities = [classifier.probabilities(one.logits) for one in scores]
    return torch.cat(probabilities), torch.cat([one.embedding for one in scores])


def all_symmetries(tile: np.ndarray) -> list[np.ndarray]:
    """The eight ways in which a square can lie, by plain indexing."""
    turned = [tile]
    for _ in range(3):
        turned.append(np.stack([turned[-1][:, -1 - row] for row in range(tile.shape[0])]))
    return turned + [one[::-1] for one in turned]


def collect(batch_runtimes, loader, **options) -> tuple[np.ndarray, np.ndarray]:
    done: list[int] = []
    predicted = list(predict_tiles(batch_runtimes, loader, batch_size=5, advance=done.append, **options))
    assert sum(done) == COUNT
    np.testing.assert_array_equal(np.concatenate([part.items for part in predicted]), np.arange(COUNT))
    probabilities = np.concatenate([part.probabilities for part in predicted])
    return probabilities, np.concatenate([part.embedding for part in predicted])


def test_scores_are_those_of_each_tile(
    store: TileStore, loader: BatchLoader, make_classifier: Callable[..., Classifier]
) -> None:
    classifier = make_classifier()
    parts = list(score_tiles(classifier, loader, batch_size=5, bfloat16=False))
    expected, embedding = score_one_by_one(classifier, read_prepared(store, np.arange(COUNT), SETTINGS))
    logits = torch.cat([logits for _, logits, _ in parts])
    torch.testing.assert_close(classifier.probabilities(logits), expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.cat([part[2] for part in parts]), embedding, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("mode", ["single-label", "multi-label"])
def test_the_mean_over_the_eight_symmetries(
    store: TileStore, loader: BatchLoader, make_classifier: Callable[..., Classifier], mode: str
) -> None:
    classifier = make_classifier(mode=mode)
    batch_runtime = TorchRuntime(classifier, CPU, torch.float32)
    tiles = read_prepared(store, np.arange(COUNT), SETTINGS)
    assert len({view.tobytes() for view in all_symmetries(tiles[0])}) == 8
    views = [score_one_by_one(classifier, np.stack(all_symmetries(tile))) for tile in tiles]
    probabilities, embedding = collect([batch_runtime], loader, symmetries=True)
    np.testing.assert_allclose(probabilities, [view.mean(dim=0) for view, _ in views], atol=1e-5)
    np.testing.assert_allclose(embedding, [view.mean(dim=0) for _, view in views], atol=1e-4)
    assert np.abs(probabilities - collect([batch_runtime], loader)[0]).max() > 1e-3


@pytest.mark.parametrize("symmetries", [False, True])
def test_the_mean_over_classifiers(
    loader: BatchLoader, make_classifier: Callable[..., Classifier], symmetries: bool
) -> None:
    modes = ("single-label", "multi-label", "single-label")
    classifiers = [make_classifier(seed, mode=mode) for seed, mode in enumerate(modes)]
    batch_runtimes = [TorchRuntime(classifier, CPU, torch.float32) for classifier in classifiers]
    alone = [collect([batch_runtime], loader, symmetries=symmetries) for batch_runtime in batch_runtimes]
    together, embedding = collect(batch_runtimes, loader, symmetries=symmetries)
    np.testing.assert_allclose(together, np.mean([one for one, _ in alone], axis=0), atol=1e-6)
    np.testing.assert_array_equal(embedding, alone[0][1])
    assert np.abs(together - alone[0][0]).max() > 1e-2


def test_each_classifier_is_turned_as_its_architecture_says(
    loader: BatchLoader, make_classifier: Callable[..., Classifier]
) -> None:
    classifiers = [make_classifier(seed, symmetries=seed == 1) for seed in range(2)]
    plain, turned = (TorchRuntime(classifier, CPU, torch.float32) for classifier in classifiers)
    expected = [collect([plain], loader, symmetries=False)[0], collect([turned], loader, symmetries=True)[0]]
    together, _ = collect([plain, turned], loader)
    np.testing.assert_allclose(together, np.mean(expected, axis=0), atol=1e-6)
    assert np.abs(together - collect([plain, turned], loader, symmetries=False)[0]).max() > 1e-4


def test_tiles_are_read_once_for_all(
    store: TileStore, make_classifier: Callable[..., Classifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    original = store.read
    monkeypatch.setattr(store, "read", lambda rows, *rest: read.extend(rows) or original(rows, *rest))
    batch_runtimes = [TorchRuntime(make_classifier(seed), CPU, torch.float32) for seed in range(2)]
    collect(batch_runtimes, BatchLoader(store, np.arange(COUNT), SETTINGS))
    assert sorted(read) == list(range(COUNT))


class LiveBatches:
    """A batch_runtime of constant results that counts the batches of tiles that are in memory."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self.live, self.most = 0, 0

    def identity(self) -> str:
        return "constant"

    def __call__(self, tiles: np.ndarray) -> Scores:
        return Scores(torch.zeros(len(tiles), 19), torch.zeros(len(tiles), 16))

    def watch(self, tiles: np.ndarray) -> np.ndarray:
        self.live += 1
        self.most = max(self.most, self.live)
        weakref.finalize(tiles, self._forget)
        return tiles

    def _forget(self) -> None:
        self.live -= 1


@pytest.mark.parametrize("batches", [4, 60])
def test_memory_does_not_grow_with_the_tiles(
    store: TileStore,
    make_classifier: Callable[..., Classifier],
    monkeypatch: pytest.MonkeyPatch,
    batches: int,
) -> None:
    batch_runtime = LiveBatches(make_classifier())
    monkeypatch.setattr(
        "data.tiles.batch_loader.read_prepared",
        lambda store, rows, *rest: batch_runtime.watch(np.zeros((len(rows), 32, 32, 2), np.uint8)),
    )
    loader = BatchLoader(store, np.zeros(2 * batches, int), SETTINGS, workers=2)
    done = sum(len(part.items) for part in predict_tiles([batch_runtime], loader, batch_size=2))
    gc.collect()
    assert done == 2 * batches
    assert 0 < batch_runtime.most <= 2 * 2 + 2
    assert batch_runtime.live == 0


def test_batches_that_are_done_are_left_out(
    loader: BatchLoader, make_classifier: Callable[..., Classifier]
) -> None:
    batch_runtimes = [TorchRuntime(make_classifier(), CPU, torch.float32)]
    whole = list(predict_tiles(batch_runtimes, loader, batch_size=5))
    second = int(whole[1].items[0])
    rest = list(predict_tiles(batch_runtimes, loader, batch_size=5, start=second))
    assert [part.items.tolist() for part in rest] == [part.items.tolist() for part in whole[1:]]
    np.testing.assert_array_equal(rest[0].probabilities, whole[1].probabilities)
    assert list(predict_tiles(batch_runtimes, loader, batch_size=5, start=COUNT)) == []
    with pytest.raises(ValueError, match="1 is not in list"):
        list(predict_tiles(batch_runtimes, loader, batch_size=5, start=1))

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from data.errors import InputError
from data.tiles.batch_loader import BatchLoader
from data.tiles.preparation import TileSettings, read_prepared
from data.tiles.tile_store import TileStore
from models.classifiers.classifier import Classifier
from models.classifiers.explanations.activations import check_layer, measure_activations

SETTINGS = TileSettings(size=64, channels=("red", "green"))
CPU = torch.device("cpu")


@pytest.mark.parametrize("layer", [0, 2])
@pytest.mark.parametrize("backbone", ["test_efficientnet", "gapnet-pl"])
def test_embedding_and_peaks_are_those_of_each_tile(
    random_tiles: Path, make_classifier: Callable[..., Classifier], backbone: str, layer: int
) -> None:
    tiles = {"size": 64, "channels": ["red", "green"]}
    classifier = make_classifier(tiles=tiles, backbone={"name": backbone, "pretrained": "none"})
    store, rows = TileStore(random_tiles), np.array([7, 3, 0, 12, 9])
    done: list[int] = []
    activations = measure_activations(
        classifier,
        BatchLoader(store, rows, SETTINGS),
        layer,
        device=CPU,
        batch_size=2,
        advance=done.append,
    )
    assert sum(done) == 5
    peaks = activations.peaks
    assert peaks is not None
    for item, tile in enumerate(read_prepared(store, rows, SETTINGS)):
        one = torch.from_numpy(tile.copy()).permute(2, 0, 1)[None]
        normalised = (one / 255 - classifier.mean) / classifier.deviation
        with torch.inference_mode():
            features = classifier.backbone.feature_map(normalised, layer)[0].numpy()
            embedding = classifier(one).embedding[0].numpy()
        np.testing.assert_allclose(activations.embedding[item], embedding, atol=1e-4)
        assert features.shape[1:] == (peaks.height, peaks.width)
        np.testing.assert_allclose(peaks.values[item], features.max(axis=(1, 2)), atol=1e-4)
        np.testing.assert_allclose(peaks.means[item], features.mean(axis=(1, 2)), atol=1e-4)
        for channel in range(0, len(features), 7):
            at = np.unravel_index(peaks.places[item, channel], features.shape[1:])
            assert features[channel][at] == pytest.approx(features[channel].max(), abs=1e-4)


def test_of_places_as_active_the_middle_is_taken(
    random_tiles: Path, make_classifier: Callable[..., Classifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = make_classifier()
    features = torch.zeros(1, 1, 6, 7)
    features[0, 0, 0, 0] = features[0, 0, 2:5, 3:6] = 6
    monkeypatch.setattr(classifier, "feature_map", lambda *_: features)
    loader = BatchLoader(TileStore(random_tiles), np.arange(1), SETTINGS)
    peaks = measure_activations(classifier, loader, 0, device=CPU, batch_size=8).peaks
    assert peaks is not None
    assert (peaks.height, peaks.width) == (6, 7)
    assert peaks.places.tolist() == [[3 * 7 + 4]]


def test_the_embedding_alone(random_tiles: Path, make_classifier: Callable[..., Classifier]) -> None:
    loader = BatchLoader(TileStore(random_tiles), np.arange(3), SETTINGS)
    activations = measure_activations(make_classifier(), loader, None, device=CPU, batch_size=8)
    assert activations.peaks is None
    assert activations.embedding.shape == (3, 16)


def test_a_layer_that_is_not_there(make_classifier: Callable[..., Classifier]) -> None:
    check_layer(make_classifier(), 5)
    with pytest.raises(
        InputError, match=r"features.layer: layer = 6; expected 0 .* or 1 to 5, with test_eff"
    ):
        check_layer(make_classifier(), 6)
    with pytest.raises(InputError, match=r"expected 0 \(the last feature map\), with m-cnn"):
        check_layer(make_classifier(backbone={"name": "m-cnn", "pretrained": "none"}), 1)

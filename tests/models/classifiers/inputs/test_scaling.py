import numpy as np
import pytest
import torch
from pydantic import ValidationError

from models.classifiers.classifier import Architecture, Classifier
from models.classifiers.inputs.scaling import scale_by_range
from models.classifiers.runtimes.openvino_runtime import OpenVinoRuntime


def architecture(**changes: object) -> Architecture:
    described = {
        "mode": "multi-label",
        "tiles": {"size": 32, "channels": ["red", "green", "cell_mask"]},
        "normalisation": {"mean": [0, 0, 0], "deviation": [1, 1, 1]},
        "scaling": "cell",
        "backbone": {"name": "resnet10t", "pretrained": "none"},
        "head": {"kind": "mlp", "widths": [5], "members": 2},
        "class_names": ["a", "b"],
    }
    return Architecture.model_validate(described | changes)


@pytest.fixture
def tiles() -> torch.Tensor:
    grey = np.random.default_rng(0).integers(3, 200, (4, 3, 9, 8)).astype(np.float32)
    grey[1, 0] = 7
    grey[2] = 0
    return torch.from_numpy(grey)


def test_by_channel_against_numpy(tiles: torch.Tensor) -> None:
    grey = tiles.numpy()
    least, most = grey.min(axis=(2, 3), keepdims=True), grey.max(axis=(2, 3), keepdims=True)
    scaled = scale_by_range(tiles, "channel").numpy()
    np.testing.assert_allclose(scaled, (grey - least) / (most - least + 1e-6), rtol=1e-6)
    assert (scaled[1, 0] == 0).all()
    assert (scaled[2] == 0).all()


def test_by_cell_against_numpy(tiles: torch.Tensor) -> None:
    grey = tiles.numpy()
    least, most = grey.min(axis=(1, 2, 3), keepdims=True), grey.max(axis=(1, 2, 3), keepdims=True)
    scaled = scale_by_range(tiles.to(torch.uint8), "cell").numpy()
    np.testing.assert_allclose(scaled, (grey - least) / (most - least + 1e-6), rtol=1e-6)
    assert (scaled[2] == 0).all()


def test_masks_have_no_part_in_it(tiles: torch.Tensor) -> None:
    tiles[:, 2] = 255 * (tiles[:, 2] > 100)
    scaled = scale_by_range(tiles, "cell", (2,))
    torch.testing.assert_close(scaled[:, :2], scale_by_range(tiles[:, :2], "cell"))
    torch.testing.assert_close(scaled[:, 2], tiles[:, 2] / 255)


@pytest.mark.parametrize("scaling", ["cell", "channel"])
def test_openvino_scales_as_torch_does(scaling: str) -> None:
    torch.manual_seed(0)
    classifier = Classifier(architecture(scaling=scaling)).eval()
    tiles = np.random.default_rng(1).integers(20, 90, (3, 32, 32, 3), np.uint8)
    tiles[1] = 50
    with torch.inference_mode():
        expected = classifier(torch.from_numpy(tiles).permute(0, 3, 1, 2))
    found = OpenVinoRuntime(classifier)(tiles)
    assert found.logits.isfinite().all()
    torch.testing.assert_close(found.logits, expected.logits, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"normalisation": {"mean": [0.1, 0, 0], "deviation": [1, 1, 1]}}, "means of 0"),
        ({"optional_channels": ["red"]}, "optional_channels cannot go with scaling = cell"),
        ({"mode": "single-label"}, "averages sigmoids"),
        (
            {"backbone": {"name": "subcell-rbg", "pretrained": "none"}},
            r"takes tiles.channels = \['red', 'blue'",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        architecture(**changes)

from pathlib import Path

import numpy as np
import pytest
import torch

from models.classifiers.backbones.subcell.network import SubCellBackbone
from models.classifiers.explanations.pooling_attention import attend_tiles, pools_by_attention
from models.classifiers.model_folder import read_architecture, read_classifier
from tests.factories.subcell import shrink_subcell, write_tiny_subcell

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shrink_subcell(monkeypatch)
    return write_tiny_subcell(tmp_path / "model", "bg", tiles={"size": 96, "channels": ["blue", "green"]})


def look_at_brightness(backbone: SubCellBackbone) -> None:
    """Let the pooling weigh patches by the first number of their tokens, which is their mean grey value."""
    for parameter in backbone.parameters():
        parameter.data.zero_()
    transformer, pooling = backbone.transformer, backbone.pooling
    transformer.patch_embed.proj.weight.data[0] = 1
    transformer.norm.weight.data.fill_(1)
    # A second number that all tokens share, of which the normalisation leaves the less the more there is.
    transformer.patch_embed.proj.bias.data[1] = 1
    for linear in (pooling.content[1], pooling.gate[1]):
        linear.weight.data[0, 0] = 1
    pooling.attention.weight.data[:, 0] = 5


def test_the_bright_patch_has_the_attention(folder: Path) -> None:
    classifier = read_classifier(folder)
    assert isinstance(classifier.backbone, SubCellBackbone)
    look_at_brightness(classifier.backbone)
    tiles = np.zeros((2, 96, 96, 2), np.uint8)
    tiles[0, 16:32, 64:80] = 200
    tiles[1, 80:96, 0:16] = 200
    attention = attend_tiles(classifier, tiles, CPU)
    assert attention.shape == (2, 2, 6, 6)
    for tile, place in ((0, (1, 4)), (1, (5, 0))):
        for head in range(2):
            found = np.unravel_index(attention[tile, head].argmax(), (6, 6))
            assert tuple(map(int, found)) == place
            assert attention[tile, head].max() > 2 * np.sort(attention[tile, head].ravel())[-2]


def test_it_is_what_the_features_are_pooled_with(folder: Path) -> None:
    classifier = read_classifier(folder)
    assert isinstance(classifier.backbone, SubCellBackbone)
    tiles = np.random.default_rng(3).integers(0, 256, (3, 96, 96, 2), dtype=np.uint8)
    given = torch.from_numpy(tiles).permute(0, 3, 1, 2).float()
    low, high = given.amin((1, 2, 3), keepdim=True), given.amax((1, 2, 3), keepdim=True)
    with torch.inference_mode():
        expected = classifier.backbone.attend((given - low) / (high - low + 1e-6))
    attention = attend_tiles(classifier, tiles, CPU)
    np.testing.assert_allclose(attention, expected.attention.numpy(), rtol=1e-5)
    assert (attention.sum(axis=(2, 3)) < 1).all()


def test_which_classifiers_pool_by_attention(folder: Path) -> None:
    architecture = read_architecture(folder)
    assert pools_by_attention(architecture)
    others = (
        {"backbone": {"name": "test_efficientnet", "pretrained": "none"}},
        {"head": {"kind": "convolution"}},
    )
    for other in others:
        changed = type(architecture).model_validate(architecture.model_dump() | other)
        assert not pools_by_attention(changed)

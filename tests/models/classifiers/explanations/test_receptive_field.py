from typing import cast

import pytest
import torch
from torch import Tensor

from models.classifiers.backbones.backbone import BackboneSettings, create_backbone
from models.classifiers.backbones.network import Backbone
from models.classifiers.explanations.receptive_field import find_receptive_field

SIDE = 64


def create(name: str, side: int = SIDE) -> Backbone:
    torch.manual_seed(1)
    return create_backbone(BackboneSettings(name=name, pretrained="none"), 2, side, pooled=True).eval()


def add_up(*layers: tuple[int, int]) -> int:
    """The receptive field of convolutions and poolings of (kernel, stride), by the usual sum."""
    size, step = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * step
        step *= stride
    return size


# Two, two and then four 3x3 convolutions, each with its pooling.
DEEPYEAST = [(3, 1), (3, 1), (2, 2)] * 2 + [(3, 1)] * 4 + [(2, 2)]
GAPNET = [(3, 2), (2, 2), (3, 2), (3, 1), (3, 1), (3, 1), (2, 2)]


@pytest.mark.parametrize(
    ("name", "layer", "expected"),
    [
        ("deepyeast", 1, add_up(*DEEPYEAST[:3])),
        ("deepyeast", 2, add_up(*DEEPYEAST[:6])),
        ("gapnet-pl", 1, add_up(*GAPNET[:2])),
        ("gapnet-pl", 2, add_up(*GAPNET)),
        ("resnet10t", 1, add_up((3, 2), (3, 1), (3, 1))),
    ],
)
def test_convolutions_add_up(name: str, layer: int, expected: int) -> None:
    side = 96 if expected > SIDE else SIDE
    assert sum(find_receptive_field(create(name, side), 2, side, layer)) == expected


def test_the_whole_tile_where_the_network_squeezes_or_attends() -> None:
    assert find_receptive_field(create("test_efficientnet"), 2, SIDE) == (SIDE, SIDE)
    assert find_receptive_field(create("test_vit", 160), 2, 160) == (160, 160)


def test_the_field_is_what_small_changes_reach() -> None:
    """Against the network as it runs: a pixel changes a place of the map where its field reaches, only."""
    backbone, layer = create("deepyeast"), 2
    before, after = find_receptive_field(backbone, 2, SIDE, layer)
    tile = torch.randn(1, 2, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        unchanged = backbone.feature_map(tile, layer)
        step = SIDE / unchanged.shape[2]
        for row in (0, 13, 40, SIDE - 1):
            other = tile.clone()
            other[:, :, row] += 50
            changed = cast(Tensor, backbone.feature_map(other, layer) != unchanged).any(dim=3).any(dim=1)[0]
            for place, told in enumerate(changed.tolist()):
                middle = (place + 0.5) * step
                assert told == (middle - before <= row < middle + after), (row, place)


def test_the_backbone_is_left_as_it_is() -> None:
    backbone = create("deepyeast").train()
    find_receptive_field(backbone, 2, SIDE, 1)
    assert backbone.training
    assert next(backbone.parameters()).dtype == torch.float32

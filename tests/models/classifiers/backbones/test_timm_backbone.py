import copy

import pytest
import torch
from torch import Tensor, nn

from data.errors import InputError
from models.classifiers.backbones.backbone import create_backbone
from models.classifiers.backbones.network import Backbone
from models.classifiers.backbones.settings import BackboneSettings, Pretrained
from models.classifiers.backbones.timm_backbone import TimmBackbone, make_timm_network

# Published for 3 channels and 1,000 classes, in millions: timm's tables of results.
PUBLISHED = {
    "resnet50": 25.56,
    "resnet101": 44.55,
    "densenet121": 7.98,
    "inception_v4": 42.68,
    "legacy_senet154": 115.09,
    "seresnet50": 28.09,
    "cspresnet50": 21.62,
    "cspdarknet53": 27.64,
    "botnet26t_256": 12.49,
    "vit_small_patch14_dinov2": 22.06,
    "tf_efficientnet_b0": 5.29,
}
SIZES = {"vit_small_patch14_dinov2": 84, "inception_v4": 75, "botnet26t_256": 96}


def create(name: str, channels: int = 4, size: int = 64, *, pooled: bool = True) -> Backbone:
    settings = BackboneSettings(name=name, pretrained="none")
    return create_backbone(settings, channels, size, pooled=pooled)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PUBLISHED, "botnet50"])
def test_networks_of_the_literature(name: str) -> None:
    size = SIZES.get(name, 81)
    for channels, pooled in [(4, True), (6, False)]:
        backbone = create(name, channels, size, pooled=pooled).eval()
        with torch.inference_mode():
            features = backbone(torch.randn(1, channels, size, size))
        assert features.shape[:2] == (1, backbone.num_features)
        assert features.ndim == (2 if pooled else 4)
        staged = [id(parameter) for stage in backbone.stages() for parameter in stage]
        assert sorted(staged) == sorted(map(id, backbone.parameters()))
        assert isinstance(backbone.stem()[0], nn.Conv2d)


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_as_many_parameters_as_published(name: str) -> None:
    size = 518 if "dinov2" in name else 256
    backbone = create(name, 3, size)
    classifier = 1001 * backbone.num_features if "dinov2" not in name else 0
    assert (sum(p.numel() for p in backbone.parameters()) + classifier) / 1e6 == pytest.approx(
        PUBLISHED[name], abs=0.006
    )


def test_features_are_those_of_timm() -> None:
    network = make_timm_network("test_resnet", 4, 64, pretrained="none", drop_path=0).eval()
    tiles = torch.randn(2, 4, 64, 64)
    pooled = TimmBackbone(network, "test_resnet", 4, 64, pooled=True)
    plane = TimmBackbone(network, "test_resnet", 4, 64, pooled=False)
    with torch.inference_mode():
        assert torch.equal(pooled.eval()(tiles), network(tiles))
        torch.testing.assert_close(plane.eval()(tiles).mean(dim=(2, 3)), network(tiles))


@pytest.mark.parametrize("name", ["test_efficientnet", "test_vit"])
def test_names_of_weights_are_those_of_timm(name: str) -> None:
    network = make_timm_network(name, 4, 64, pretrained="none", drop_path=0)
    holder = nn.ModuleDict({"backbone": TimmBackbone(network, name, 4, 64, pooled=True)})
    copied = copy.deepcopy(holder)
    expected = {f"backbone.{key}": value for key, value in network.state_dict().items()}
    for module in (holder, copied):
        state = module.state_dict()
        assert list(state) == list(expected)
        assert all(torch.equal(state[key], expected[key]) for key in expected)
    changed = {key: value + 1 for key, value in expected.items()}
    copied.load_state_dict(changed)
    assert all(torch.equal(value, changed[key]) for key, value in copied.state_dict().items())
    assert all(torch.equal(value, expected[key]) for key, value in holder.state_dict().items())


@pytest.mark.parametrize("pretrained", ["none", "hub"])
def test_a_network_without_stochastic_depth(pretrained: Pretrained) -> None:
    expected = (
        r"backbone\.drop_path: inception_v4 has no stochastic depth; expected 0; set backbone\.drop_path = 0"
    )
    with pytest.raises(InputError, match=expected):
        make_timm_network("inception_v4", 4, 96, pretrained=pretrained, drop_path=0.1)


def test_tokens_become_a_map() -> None:
    backbone = create("test_vit", pooled=False).eval()
    network = backbone.network
    tiles = torch.randn(2, 4, 64, 64)
    with torch.inference_mode():
        plane, tokens = backbone(tiles), network.forward_features(tiles)
    side = 64 // 16
    assert plane.shape == (2, network.num_features, side, side)
    for row in range(side):
        for column in range(side):
            token = tokens[:, network.num_prefix_tokens + row * side + column]
            assert torch.equal(plane[:, :, row, column], token)


def test_channels_that_come_last_come_first() -> None:
    backbone = create("swin_tiny_patch4_window7_224", pooled=False).eval()
    tiles = torch.randn(1, 4, 64, 64)
    with torch.inference_mode():
        plane, expected = backbone(tiles), backbone.network.forward_features(tiles)
    assert plane.shape == (1, 768, 2, 2)
    assert torch.equal(plane, expected.permute(0, 3, 1, 2))


def test_a_network_without_a_map_is_refused() -> None:
    class Flat(nn.Module):
        num_features = 4

        def forward_features(self, tiles: Tensor) -> Tensor:
            return tiles.mean(dim=(2, 3))

    with pytest.raises(InputError, match=r"flat has no feature map: .*\(1, 4\).*head.pooling"):
        TimmBackbone(Flat(), "flat", 4, 64, pooled=False)


@pytest.mark.parametrize(("name", "size"), [("test_vit", 50), ("botnet26t_256", 50)])
def test_tiles_that_do_not_fit_the_network(name: str, size: int) -> None:
    with pytest.raises(InputError, match=f"{name} cannot take tiles of {size} px .*set another tiles.size"):
        create(name, size=size)


@pytest.mark.parametrize("size", [32, 64, 96])
def test_networks_of_a_fixed_size_are_made_for_the_tiles(size: int) -> None:
    backbone = create("test_vit", size=size).eval()
    assert backbone(torch.zeros(1, 4, size, size)).shape == (1, backbone.num_features)


@pytest.mark.parametrize(("size", "nearest"), [(64, "56 or 70"), (256, "252 or 266"), (9, "14")])
def test_patches_must_cover_the_tiles(size: int, nearest: str) -> None:
    name = "vit_small_patch14_dinov2"
    with pytest.raises(InputError, match=f"{size} px .*multiple of 14 px, such as {nearest}; set another"):
        make_timm_network(name, 4, size, pretrained="none", drop_path=0)


def test_features_after_the_pooling_are_counted() -> None:
    """Two widths: this network has a layer between pooling and classifier."""
    assert create("mobilenetv3_small_050").num_features == 1024
    assert create("mobilenetv3_small_050", pooled=False).num_features == 288


def test_stages_go_from_the_stem_to_the_last_layers() -> None:
    backbone = create("test_resnet")
    names = {id(parameter): name for name, parameter in backbone.network.named_parameters()}
    stages = [{names[id(p)].partition(".")[0] for p in stage} for stage in backbone.stages()]
    assert stages == [{"conv1", "bn1"}, {"layer1"}, {"layer2"}, {"layer3"}, {"layer4"}]
    assert [names[id(module.weight)] for module in backbone.stem()] == ["conv1.0.weight", "conv1.1.weight"]

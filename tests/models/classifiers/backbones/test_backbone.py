import math

import pytest
import torch
from torch import Tensor

from data.errors import InputError
from models.classifiers.backbones import timm_backbone
from models.classifiers.backbones.backbone import BACKBONES, create_backbone
from models.classifiers.backbones.network import Backbone
from models.classifiers.backbones.settings import BOTNET, CUSTOM_BACKBONES, BackboneSettings

TRIED = ["gapnet-pl", "gapnet-zhang2021", "gapnet-batchnorm", "deepyeast", "m-cnn", "test_efficientnet"]


def create(name: str, channels: int = 4, size: int = 32, *, pooled: bool = True, **others: str) -> Backbone:
    torch.manual_seed(1)
    settings = BackboneSettings.model_validate({"name": name, "pretrained": "none", **others})
    return create_backbone(settings, channels, size, pooled=pooled)


def draw_tiles(channels: int, size: int, count: int = 2) -> Tensor:
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("size", [32, 45])
@pytest.mark.parametrize("channels", [1, 3, 4, 6])
@pytest.mark.parametrize("name", TRIED)
def test_features_and_maps_have_the_promised_shape(name: str, channels: int, size: int) -> None:
    tiles = draw_tiles(channels, size)
    for pooled in (True, False):
        backbone = create(name, channels, size, pooled=pooled).eval()
        with torch.inference_mode():
            features = backbone(tiles)
        assert features.shape[:2] == (2, backbone.num_features)
        assert features.ndim == (2 if pooled else 4)


def test_all_made_by_hand_are_tried() -> None:
    assert set(BACKBONES) == set(CUSTOM_BACKBONES) == set(TRIED) - {"test_efficientnet"}


@pytest.mark.parametrize("name", TRIED)
def test_gradients_reach_every_parameter_and_every_parameter_has_one_stage(name: str) -> None:
    backbone = create(name, size=48).train()
    backbone(draw_tiles(4, 48, count=4)).square().mean().backward()
    assert all(parameter.grad is not None for parameter in backbone.parameters())
    assert all(parameter.grad.abs().sum() > 0 for parameter in backbone.stages()[0][:1])
    staged = [id(parameter) for stage in backbone.stages() for parameter in stage]
    assert sorted(staged) == sorted(map(id, backbone.parameters()))
    assert all(backbone.stages())


@pytest.mark.parametrize("name", TRIED)
def test_state_makes_the_same_network_again(name: str) -> None:
    backbone = create(name).eval()
    torch.manual_seed(5)
    other = create_backbone(BackboneSettings(name=name, pretrained="none"), 4, 32, pooled=True).eval()
    other.load_state_dict(backbone.state_dict())
    with torch.inference_mode():
        assert torch.equal(backbone(draw_tiles(4, 32)), other(draw_tiles(4, 32)))


@pytest.mark.parametrize("frozen", ["none", "stem", "all"])
@pytest.mark.parametrize("name", ["deepyeast", "test_efficientnet"])
def test_what_is_frozen_does_not_move(name: str, frozen: str) -> None:
    backbone = create(name, frozen=frozen).train()
    before = {key: tensor.clone() for key, tensor in backbone.state_dict().items()}
    learning = [parameter for parameter in backbone.parameters() if parameter.requires_grad]
    # Weight decay would move whatever the optimiser takes.
    optimiser = torch.optim.AdamW(backbone.parameters(), lr=0.1, weight_decay=0.1)
    loss = (backbone(draw_tiles(4, 32)) + sum(p.sum() for p in learning)).square().mean()
    if learning:
        loss.backward()
    optimiser.step()
    moved = {key for key, tensor in backbone.state_dict().items() if not torch.equal(tensor, before[key])}
    stem = {id(tensor) for module in backbone.stem() for tensor in module.state_dict(keep_vars=True).values()}
    expected = set()
    for key, tensor in backbone.state_dict(keep_vars=True).items():
        if frozen == "none" or (frozen == "stem" and id(tensor) not in stem):
            expected.add(key)
    assert len(stem) in (6, 7)
    assert moved == expected


def test_freezing_can_be_changed() -> None:
    backbone = create("deepyeast", frozen="all").train()
    assert not any(module.training for module in backbone.blocks.modules())
    backbone.freeze("none")
    assert all(parameter.requires_grad for parameter in backbone.parameters())
    assert all(module.training for module in backbone.modules())
    backbone.eval()
    assert not any(module.training for module in backbone.modules())


def test_no_such_network_names_those_that_there_are() -> None:
    with pytest.raises(
        InputError, match=r"'gapnetpl'.* one of gapnet-pl, .*botnet50; .*nearest names are gapnet-pl"
    ):
        create("gapnetpl")
    with pytest.raises(InputError, match=r"no network is called 'resnet_50'.*nearest names.* resnet50"):
        create("resnet_50")


@pytest.mark.parametrize("name", ["resnet50", BOTNET, "gapnet-pl"])
def test_no_package_has_weights_of_other_networks(name: str) -> None:
    with pytest.raises(InputError, match=f"no package has weights for {name}"):
        create(name, pretrained="package")


def test_settings_that_a_network_made_by_hand_does_not_read() -> None:
    with pytest.raises(InputError, match="nobody offers weights for deepyeast"):
        create("deepyeast", pretrained="hub")
    with pytest.raises(InputError, match=r"deepyeast has no stochastic depth.*set backbone\.drop_path = 0"):
        create_backbone(
            BackboneSettings(name="deepyeast", pretrained="none", drop_path=0.1), 4, 32, pooled=True
        )


@pytest.mark.parametrize(
    ("name", "size"), [("gapnet-pl", 15), ("gapnet-batchnorm", 3), ("deepyeast", 7), ("m-cnn", 3)]
)
def test_tiles_that_are_too_small(name: str, size: int) -> None:
    with pytest.raises(InputError, match=f"tiles of {size} px .*expected {size + 1} px or more"):
        create(name, size=size)
    assert create(name, size=size + 1).eval()(draw_tiles(4, size + 1)).shape[0] == 2


@pytest.mark.parametrize("name", ["resnet50", BOTNET])
def test_a_download_that_fails_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    wanted = []

    def fail(name: str, *, pretrained: bool, **_: object) -> None:
        wanted.append((name, pretrained))
        message = "connection\nrefused"
        raise OSError(message)

    monkeypatch.setattr(timm_backbone.timm, "create_model", fail)
    with pytest.raises(InputError, match=r"connection refused.*check the network connection"):
        create(name, pretrained="hub")
    assert wanted == [("resnet50", True)]


def count_convolution(inputs: int, outputs: int, kernel: int) -> int:
    return inputs * outputs * kernel**2 + outputs


def test_parameters_are_as_many_as_counted_by_hand() -> None:
    counts = {name: sum(p.numel() for p in create(name).parameters()) for name in TRIED}
    gapnet = [(4, 32), (32, 64), (64, 64), (64, 64), (64, 64), (64, 128), (128, 128), (128, 128)]
    plain = sum(count_convolution(*pair, 3) for pair in gapnet)
    assert counts["gapnet-pl"] == plain
    assert counts["gapnet-zhang2021"] == plain + 2 * count_convolution(32, 32, 3)
    # A norm has two parameters a channel; one more stands before each max pooling.
    assert counts["gapnet-batchnorm"] == plain + 2 * (sum(inputs for inputs, _ in gapnet) + 32 + 64)
    yeast = [(4, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256), (256, 256)]
    assert counts["deepyeast"] == sum(count_convolution(*pair, 3) + 2 * pair[1] for pair in yeast)
    widths = (16, 16, 16, 32, 32)
    scales = sum(count_convolution(4, width, 5) + 2 * count_convolution(width, width, 5) for width in widths)
    assert counts["m-cnn"] == scales + count_convolution(sum(widths), 1024, 1)


@pytest.mark.parametrize(
    ("size", "scales", "features"), [(512, 7, 16384), (128, 7, 1024), (127, 6, 1024), (64, 6, 1024)]
)
def test_scales_and_features_of_m_cnn(size: int, scales: int, features: int) -> None:
    backbone = create("m-cnn", size=size)
    assert (len(backbone.scales), backbone.num_features) == (scales, features)


def test_features_of_deepyeast_are_its_map_in_a_row() -> None:
    assert create("deepyeast", size=192).num_features == 147_456 == 256 * math.prod((24, 24))
    features, plane = create("deepyeast").eval(), create("deepyeast", pooled=False).eval()
    tiles = draw_tiles(4, 32)
    assert torch.equal(features(tiles), plane(tiles).flatten(1))


@pytest.mark.parametrize("name", TRIED)
def test_the_map_of_each_layer(name: str) -> None:
    backbone, tiles = create(name, size=48).eval(), draw_tiles(4, 48)
    with torch.inference_mode():
        last = backbone.feature_map(tiles)
        maps = [backbone.feature_map(tiles, layer) for layer in range(1, backbone.layers + 1)]
        whole = create(name, size=48, pooled=False).eval()
        features = whole(tiles)
    assert last.shape[0] == 2
    assert last.ndim == 4
    sides = [one.shape[2] for one in maps]
    assert sides == sorted(sides, reverse=True)
    if name.startswith("gapnet"):
        # The features are those of all three blocks.
        assert torch.equal(features[:, -last.shape[1] :], maps[-1])
        pooled = torch.cat([one.mean(dim=(2, 3)) for one in maps], dim=1)
        torch.testing.assert_close(backbone(tiles), pooled)
    else:
        assert torch.equal(features, last)

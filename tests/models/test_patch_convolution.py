import pytest
import timm
import torch
from torch import nn

from models.classifiers.backbones.backbone import create_backbone
from models.classifiers.backbones.settings import BackboneSettings
from models.patch_convolution import PatchConvolution, replace_patch_convolutions

VIT = "vit_tiny_patch16_224"


@pytest.mark.parametrize(
    ("channels", "kernel", "bias", "shape"),
    [(4, 16, True, (64, 64)), (3, 8, False, (24, 40)), (6, 4, True, (21, 18)), (2, (8, 4), True, (16, 8))],
)
def test_products_are_torch_s_convolution(
    channels: int, kernel: int | tuple[int, int], bias: bool, shape: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    parent = nn.Sequential(nn.Conv2d(channels, 10, kernel, stride=kernel, bias=bias))
    tiles = torch.rand(2, channels, *shape)
    expected = parent(tiles)
    names = list(parent.state_dict())
    replace_patch_convolutions(parent)
    assert isinstance(parent[0], PatchConvolution)
    assert list(parent.state_dict()) == names
    torch.testing.assert_close(parent(tiles), expected)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("kernel", [8, 16, 32])
def test_bfloat16_rounds(channels: int, kernel: int) -> None:
    torch.manual_seed(0)
    patches = PatchConvolution(channels, 64, kernel, stride=kernel)
    tiles = torch.rand(2, channels, 64, 64)
    with torch.inference_mode():
        expected = patches(tiles)
        with torch.autocast("cpu", torch.bfloat16):
            found = patches(tiles).float()
    assert (found - expected).norm() < 0.02 * expected.norm()


@pytest.mark.parametrize(
    "other",
    [
        nn.Conv2d(4, 8, 16, stride=8),
        nn.Conv2d(4, 8, 16, stride=16, padding=1),
        nn.Conv2d(4, 8, 16, stride=16, groups=2),
        nn.Conv2d(4, 8, 16, stride=16, dilation=2),
        nn.Conv2d(4, 8, 2, stride=2),
        nn.Conv2d(4, 8, 3),
    ],
)
def test_other_convolutions_stay(other: nn.Conv2d) -> None:
    parent = nn.Sequential(other)
    replace_patch_convolutions(parent)
    assert parent[0] is other


def test_a_vision_transformer_keeps_weights_and_learns() -> None:
    settings = BackboneSettings.model_validate({"name": VIT, "pretrained": "none"})
    torch.manual_seed(3)
    backbone = create_backbone(settings, 4, 32, pooled=True)
    torch.manual_seed(3)
    plain = timm.create_model(VIT, num_classes=0, in_chans=4, img_size=32)
    assert list(backbone.state_dict()) == list(plain.state_dict())
    tiles = torch.rand(2, 4, 32, 32)
    assert any(isinstance(module, PatchConvolution) for module in backbone.modules())
    plain.load_state_dict(backbone.state_dict())
    torch.testing.assert_close(backbone(tiles), plain(tiles))
    backbone(tiles).sum().backward()
    plain(tiles).sum().backward()
    gradients = dict(plain.named_parameters())
    learnt = dict(backbone.named_parameters())["network.patch_embed.proj.weight"].grad
    torch.testing.assert_close(learnt, gradients["patch_embed.proj.weight"].grad)

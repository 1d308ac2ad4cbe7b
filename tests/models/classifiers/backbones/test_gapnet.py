import numpy as np
import pytest
import torch
from torch import nn

from models.classifiers.backbones.gapnet import GapNet
from models.classifiers.backbones.gapnet_batchnorm import GapNetBatchNorm
from models.classifiers.backbones.gapnet_pl import GapNetPL

TILES = torch.randn(2, 4, 48, 48, generator=torch.Generator().manual_seed(0))


def convolve(planes: np.ndarray, layer: nn.Conv2d) -> np.ndarray:
    """Convolve (C, H, W), 3x3 with a border of zeros, shift by shift."""
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    height, width = planes.shape[1:]
    bordered = np.pad(planes, ((0, 0), (1, 1), (1, 1)))
    total = np.zeros((len(weight), height, width)) + bias[:, None, None]
    for row in range(3):
        for column in range(3):
            shifted = bordered[:, row : row + height, column : column + width]
            total += np.einsum("oc,chw->ohw", weight[:, :, row, column], shifted)
    return total[:, :: layer.stride[0], :: layer.stride[1]]


def selu(values: np.ndarray) -> np.ndarray:
    return 1.0507009873554805 * np.where(values > 0, values, 1.6732632423543772 * np.expm1(values))


def take_maximum(planes: np.ndarray) -> np.ndarray:
    channels, height, width = planes.shape
    return planes.reshape(channels, height // 2, 2, width // 2, 2).max(axis=(2, 4))


def test_gapnet_pl_against_numpy() -> None:
    torch.manual_seed(0)
    network = GapNetPL(4, 48, pooled=True).eval()
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    assert [layer.stride[0] for layer in layers] == [2, 2, 1, 1, 1, 1, 1, 1]
    expected = []
    for tile in TILES.double().numpy():
        first = take_maximum(selu(convolve(tile, layers[0])))
        flow = first
        for layer in layers[1:5]:
            flow = selu(convolve(flow, layer))
        second = flow = take_maximum(flow)
        for layer in layers[5:]:
            flow = selu(convolve(flow, layer))
        expected.append(np.concatenate([tap.mean(axis=(1, 2)) for tap in (first, second, flow)]))
    with torch.inference_mode():
        np.testing.assert_allclose(network(TILES).numpy(), expected, rtol=1e-4, atol=1e-5)


def test_the_variant_against_numpy() -> None:
    torch.manual_seed(0)
    network = GapNetBatchNorm(4, 48, pooled=True)
    network.train()(TILES)
    network.eval()
    norms = iter([module for module in network.modules() if isinstance(module, nn.BatchNorm2d)])
    layers = iter([module for module in network.modules() if isinstance(module, nn.Conv2d)])

    def normalise(planes: np.ndarray) -> np.ndarray:
        norm = next(norms)
        mean, variance = norm.running_mean.numpy(), norm.running_var.numpy()
        return (planes - mean[:, None, None]) / np.sqrt(variance + norm.eps)[:, None, None]

    flow, taps = TILES[0].double().numpy(), []
    for block, convolutions in enumerate((1, 4, 3)):
        for _ in range(convolutions):
            flow = np.maximum(convolve(normalise(flow), next(layers)), 0)
        if block < 2:
            flow = take_maximum(normalise(flow))
        taps.append(flow.mean(axis=(1, 2)))
    assert next(layers, None) is next(norms, None) is None
    with torch.inference_mode():
        features = network(TILES[:1])[0].numpy()
    np.testing.assert_allclose(features, np.concatenate(taps), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [GapNetPL, GapNetBatchNorm])
def test_the_average_of_the_map_is_the_features(kind: type[GapNet]) -> None:
    torch.manual_seed(0)
    features, plane = kind(4, 48, pooled=True).eval(), kind(4, 48, pooled=False).eval()
    plane.load_state_dict(features.state_dict())
    with torch.inference_mode():
        torch.testing.assert_close(plane(TILES).mean(dim=(2, 3)), features(TILES))


def test_the_taps_of_the_variant_drop_features_in_training() -> None:
    network = GapNetBatchNorm(4, 48, pooled=False).train()
    dropped = []
    for tap in network.taps:
        tap.register_forward_hook(lambda _, inputs, output: dropped.append((inputs[0], output)))
    network(TILES)
    for before, after in dropped[:2]:
        kept = (after[before != 0] != 0).float().mean().item()
        assert kept == pytest.approx(0.6, abs=0.02)


def test_gapnet_pl_keeps_the_variance() -> None:
    """Self-normalising: zero mean and unit variance stay about so through all layers."""
    torch.manual_seed(0)
    network = GapNetPL(4, 128, pooled=True).eval()
    flow = torch.randn(4, 4, 128, 128)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            flow = torch.selu(module(flow))
            assert 0.5 < flow.std().item() < 1.5
            assert abs(flow.mean().item()) < 0.5

import math

import numpy as np
import pytest
import torch
from torch import nn

from models.classifiers.backbones.botnet50 import add_attention
from models.classifiers.backbones.timm_backbone import make_timm_network


def make_botnet50(channels: int, size: int) -> nn.Module:
    network = make_timm_network("resnet50", channels, size, pretrained="none", drop_path=0)
    add_attention(network, size)
    return network


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return make_botnet50(3, 72).eval()


def attend(planes: np.ndarray, layer: nn.Module) -> np.ndarray:
    """Attend from every place (row, column) of (512, h, w) to every other, place by place."""
    weight = layer.qkv.weight.detach().double().numpy()[:, :, 0, 0]
    height_table = layer.pos_embed.height_rel.detach().double().numpy()
    width_table = layer.pos_embed.width_rel.detach().double().numpy()
    queries, keys, values = np.split(np.einsum("oc,chw->ohw", weight, planes), 3)
    _, height, width = planes.shape
    output = np.zeros_like(values)
    for head in range(4):
        part = slice(128 * head, 128 * (head + 1))
        for row, column in np.ndindex(height, width):
            query = queries[part, row, column]
            logits = np.empty((height, width))
            for other, across in np.ndindex(height, width):
                position = height_table[other - row + height - 1] + width_table[across - column + width - 1]
                logits[other, across] = query @ keys[part, other, across] / math.sqrt(128) + query @ position
            attention = np.exp(logits - logits.max())
            attention /= attention.sum()
            output[part, row, column] = np.einsum("hw,chw->c", attention, values[part])
    return output


def test_attention_against_a_plain_loop(network: nn.Module) -> None:
    layer = network.layer4[1].conv2
    planes = np.random.default_rng(0).normal(size=(512, 3, 3))
    with torch.inference_mode():
        output = layer(torch.from_numpy(planes[None]).float())[0].numpy()
    np.testing.assert_allclose(output, attend(planes, layer), rtol=1e-3, atol=1e-4)


def test_attention_stands_in_the_last_three_bottlenecks_alone(network: nn.Module) -> None:
    kernels = [block.conv2 for stage in (network.layer1, network.layer2, network.layer3) for block in stage]
    assert all(isinstance(kernel, nn.Conv2d) and kernel.kernel_size == (3, 3) for kernel in kernels)
    assert [type(block.conv2).__name__ for block in network.layer4] == ["BottleneckAttn"] * 3
    assert all(block.conv2.num_heads == 4 for block in network.layer4)


def test_parameters_beside_those_of_the_resnet(network: nn.Module) -> None:
    resnet = make_timm_network("resnet50", 3, 72, pretrained="none", drop_path=0)
    fewer = 3 * 512 * 512 * (9 - 3)
    positions = 2 * 128 * (2 * 5 - 1) + 2 * 2 * 128 * (2 * 3 - 1)
    counts = [sum(parameter.numel() for parameter in each.parameters()) for each in (network, resnet)]
    assert counts[0] == counts[1] - fewer + positions


def test_only_the_first_halves_the_map_and_rounds_up(network: nn.Module) -> None:
    with torch.inference_mode():
        flow = torch.randn(1, 512, 5, 5)
        first, second, _ = (block.conv2 for block in network.layer4)
        halved = first(flow)
        assert halved.shape == (1, 512, 3, 3)
        assert second(halved).shape == (1, 512, 3, 3)
        assert network.forward_features(torch.randn(1, 3, 72, 72)).shape == (1, 2048, 3, 3)


def test_gradients_reach_the_attention() -> None:
    torch.manual_seed(0)
    network = make_botnet50(4, 32).train()
    for block in network.layer4:
        # They start at zero, so that nothing reaches the block's other layers before the first step.
        nn.init.ones_(block.bn3.weight)
    network(torch.randn(4, 4, 32, 32)).square().mean().backward()
    attention = network.layer4[0].conv2
    assert all(parameter.grad.abs().sum() > 0 for parameter in attention.parameters())

from contextlib import nullcontext

import pytest
import torch
from torch import nn

from models.training.depthwise import FloatDepthwiseGradients

LAYERS = {
    "depthwise": lambda: nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False),
    "stride and bias": lambda: nn.Conv2d(8, 8, 5, stride=2, padding=2, groups=8),
    "two filters a channel": lambda: nn.Conv2d(8, 16, 3, dilation=2, groups=8),
    "padding by name": lambda: nn.Conv2d(8, 8, 3, padding="same", groups=8),
    "grouped": lambda: nn.Conv2d(8, 8, 3, groups=4),
    "plain": lambda: nn.Conv2d(8, 8, 3),
}


def compute(layer: nn.Conv2d, mode, *, bfloat16: bool) -> tuple[torch.Tensor, ...]:
    tiles = torch.randn(4, 8, 16, 16, generator=torch.Generator().manual_seed(2), requires_grad=True)
    layer.zero_grad()
    with mode, torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        result = layer(tiles)
    (result.float() ** 2).sum().backward()
    assert tiles.grad is not None
    gradients = [parameter.grad.clone() for parameter in layer.parameters() if parameter.grad is not None]
    assert len(gradients) == len(list(layer.parameters()))
    return result, tiles.grad, *gradients


@pytest.mark.parametrize("name", LAYERS)
def test_results_and_gradients_are_near_those_of_float32(name: str) -> None:
    torch.manual_seed(1)
    layer = LAYERS[name]()
    result, *gradients = compute(layer, FloatDepthwiseGradients(), bfloat16=True)
    exact, *exact_gradients = compute(layer, nullcontext(), bfloat16=False)
    assert result.dtype == torch.bfloat16
    torch.testing.assert_close(result.float(), exact, rtol=0.03, atol=0.03)
    for gradient, exact_gradient in zip(gradients, exact_gradients, strict=True):
        assert gradient.dtype == torch.float32
        error = (gradient - exact_gradient).norm() / exact_gradient.norm()
        assert error < 0.01


@pytest.mark.parametrize("name", LAYERS)
def test_outside_autocast_nothing_changes(name: str) -> None:
    layer = LAYERS[name]()
    with_mode = compute(layer, FloatDepthwiseGradients(), bfloat16=False)
    without = compute(layer, nullcontext(), bfloat16=False)
    for one, other in zip(with_mode, without, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(("name", "taken_over"), [("depthwise", True), ("grouped", False), ("plain", False)])
def test_only_depthwise_convolutions_are_taken_over(name: str, taken_over: bool) -> None:
    tiles = torch.randn(1, 8, 16, 16, requires_grad=True)
    with FloatDepthwiseGradients(), torch.autocast("cpu", torch.bfloat16):
        result = LAYERS[name]()(tiles)
    assert result.grad_fn is not None
    assert (result.grad_fn.name() == "_DepthwiseBackward") == taken_over


def test_a_frozen_layer_needs_no_gradient() -> None:
    layer = LAYERS["depthwise"]().requires_grad_(False)
    tiles = torch.randn(1, 8, 16, 16, requires_grad=True)
    with FloatDepthwiseGradients(), torch.autocast("cpu", torch.bfloat16):
        layer(tiles).float().sum().backward()
    assert tiles.grad is not None
    assert layer.weight.grad is None

"""Depthwise convolutions whose gradients are computed in float32, for training in bfloat16 on a CPU.

On x86 processors oneDNN computes the forward pass of a depthwise convolution in bfloat16 at least as fast as
in float32, but its gradients several times more slowly, so that a network such as EfficientNet would train no
faster in bfloat16 than in float32.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode


class FloatDepthwiseGradients(TorchFunctionMode):
    """A context in which depthwise convolutions under bfloat16 autocast on the CPU have float32 gradients.

    Forward passes stay in bfloat16, and so do all other operations. It does nothing outside autocast or on
    other devices.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Take over the depthwise convolutions, and call everything else as it is."""
        if func is functional.conv2d and not kwargs and len(args) == 7 and _is_slow(*args):
            tiles, weight, bias, stride, padding, dilation, groups = args
            result = _Depthwise.apply(tiles, weight, stride, padding, dilation, groups)
            return result if bias is None else result + bias.to(result.dtype).reshape(1, -1, 1, 1)
        return func(*args, **(kwargs or {}))


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(  # type: ignore[override]  # torch declares no arguments
        ctx: Any,
        tiles: Tensor,
        weight: Tensor,
        stride: Sequence[int],
        padding: Sequence[int],
        dilation: Sequence[int],
        groups: int,
    ) -> Tensor:
        ctx.save_for_backward(tiles, weight)
        ctx.geometry = (list(stride), list(padding), list(dilation), groups)
        low = torch.bfloat16
        return functional.conv2d(tiles.to(low), weight.to(low), None, stride, padding, dilation, groups)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        tiles, weight = ctx.saved_tensors
        stride, padding, dilation, groups = ctx.geometry
        tiles_gradient, weight_gradient, _ = torch.ops.aten.convolution_backward(
            gradients[0].float(),
            tiles.float(),
            weight.float(),
            None,
            stride,
            padding,
            dilation,
            False,
            [0, 0],
            groups,
            [ctx.needs_input_grad[0], ctx.needs_input_grad[1], False],
        )
        if tiles_gradient is not None:
            tiles_gradient = tiles_gradient.to(tiles.dtype)
        return tiles_gradient, weight_gradient, None, None, None, None


def _is_slow(
    tiles: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> bool:
    return (
        groups > 1
        and weight.shape[1] == 1
        and not isinstance(padding, str)
        and tiles.device.type == "cpu"
        and torch.is_autocast_enabled("cpu")
        and torch.get_autocast_dtype("cpu") == torch.bfloat16
    )

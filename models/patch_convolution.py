"""Convolutions of patches that do not overlap, computed as products of matrices."""

from torch import Tensor, nn
from torch.nn import functional

_LEAST_SIDE_PX = 4


class PatchConvolution(nn.Conv2d):
    """A convolution whose stride is its kernel, as products of the patches with its weights.

    oneDNN 3.12, by which PyTorch and OpenVINO convolve on processors, is wrong about such convolutions in
    bfloat16 with AMX where there are four channels of 16 px, or other even numbers of channels of long rows:
    what comes out has nothing to do with what went in. Of products of matrices it is right, and they are as
    fast.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, F, rows, columns); what is beyond the last whole patch is left out."""
        height, width = (int(side) for side in self.kernel_size)
        rows, columns = input.shape[2] // height, input.shape[3] // width
        patches = input[:, :, : rows * height, : columns * width]
        patches = patches.unflatten(3, (columns, width)).unflatten(2, (rows, height))
        patches = patches.permute(0, 2, 4, 1, 3, 5).flatten(3)
        return functional.linear(patches, self.weight.flatten(1), self.bias).permute(0, 3, 1, 2)


def replace_patch_convolutions(network: nn.Module) -> None:
    """Replace convolutions of patches, such as a vision transformer has; the weights stay."""
    for parent in list(network.modules()):
        for name, module in list(parent.named_children()):
            if type(module) is nn.Conv2d and _is_of_patches(module):
                setattr(parent, name, _as_products(module))


def _is_of_patches(module: nn.Conv2d) -> bool:
    kernel = tuple(module.kernel_size)
    return (
        tuple(module.stride) == kernel
        and min(kernel) >= _LEAST_SIDE_PX
        and module.groups == 1
        and tuple(module.dilation) == (1, 1)
        and module.padding in {"valid", (0, 0)}
    )


def _as_products(module: nn.Conv2d) -> PatchConvolution:
    # On the meta device nothing is drawn at random, so that networks stay those of their seed.
    products = PatchConvolution(
        module.in_channels,
        module.out_channels,
        (int(module.kernel_size[0]), int(module.kernel_size[1])),
        stride=(int(module.stride[0]), int(module.stride[1])),
        bias=module.bias is not None,
        device="meta",
    )
    products.weight, products.bias = module.weight, module.bias
    return products.train(module.training)

import pytest
import torch
from torch.nn import functional

from models.classifiers.backbones.m_cnn import MultiScaleNetwork


@pytest.mark.parametrize("size", [64, 100])
def test_every_scale_sees_the_maxima_of_its_squares(size: int) -> None:
    torch.manual_seed(0)
    network = MultiScaleNetwork(3, size, pooled=False).eval()
    tiles = torch.randn(2, 3, size, size)
    smallest = 2 ** (len(network.scales) - 1)
    with torch.inference_mode():
        maps = []
        for scale, layers in enumerate(network.scales):
            side = 2**scale
            flow = functional.max_pool2d(tiles, side)
            for layer in (layers[1], layers[3], layers[5]):
                flow = functional.conv2d(flow, layer.weight, layer.bias, padding=2).relu()
            maps.append(functional.max_pool2d(flow, smallest // side))
        combine = network.combine[0]
        whole = torch.cat(maps, dim=1)
        mixed = torch.einsum("oc,nchw->nohw", combine.weight[:, :, 0, 0], whole)
        expected = functional.max_pool2d((mixed + combine.bias[:, None, None]).relu(), 2)
        torch.testing.assert_close(network(tiles), expected)


def test_stages_are_the_convolutions_by_depth() -> None:
    network = MultiScaleNetwork(3, 64, pooled=True)
    first, second, third, last = network.stages()
    assert [len(stage) for stage in (first, second, third, last)] == [12, 12, 12, 2]
    assert {weight.shape[1] for weight in first if weight.ndim == 4} == {3}
    assert {weight.shape[1] for weight in second + third if weight.ndim == 4} == {16, 32}
    assert last[0].shape[2:] == (1, 1)

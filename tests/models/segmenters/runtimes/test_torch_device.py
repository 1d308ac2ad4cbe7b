from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from models.device import choose_precision
from models.segmenters.runtimes.torch_device import TorchDeviceNetwork


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_batches_of_many_callers_give_the_logits_of_float32(
    make_network: Callable[[], nn.Module],
    images: list[np.ndarray],
    logits: list[np.ndarray],
    precision: torch.dtype,
) -> None:
    network = TorchDeviceNetwork(make_network(), torch.device("cpu"), precision, batch_size=4)
    with ThreadPoolExecutor(6) as executor:
        outputs = list(executor.map(network, images * 6))
    network.close()
    limit = 1e-5 if precision == torch.float32 else 0.06
    for output, expected in zip(outputs, logits * 6, strict=True):
        assert output.dtype == np.float32
        assert np.abs(output - expected).max() < limit * expected.std()


def test_an_image_that_the_network_cannot_take_fails_alone(
    make_network: Callable[[], nn.Module], images: list[np.ndarray]
) -> None:
    network = TorchDeviceNetwork(make_network(), torch.device("cpu"), torch.float32)
    with pytest.raises(RuntimeError):
        network(images[0][:2])
    assert network(images[0]).shape == (4, 64, 96)
    network.close()


def test_precision_of_a_processor_is_what_it_is_fast_with() -> None:
    assert choose_precision(torch.device("cpu")) in (torch.float32, torch.bfloat16)

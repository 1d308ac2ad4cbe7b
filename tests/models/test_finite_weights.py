from pathlib import Path

import pytest
import torch

from data.errors import InputError
from models.finite_weights import check_finite


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        (
            "a.weight",
            torch.tensor([1.0, float("nan"), float("inf")]),
            "2 of the weights a.weight infinite or not",
        ),
        (
            "a.weight",
            torch.ones(3, dtype=torch.int8),
            "the weights a.weight of type int8; expected floating point",
        ),
        ("a.running_var", torch.ones(3, dtype=torch.bool), "the weights a.running_var of type bool"),
    ],
)
def test_weights_that_are_none(name: str, tensor: torch.Tensor, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        check_finite({name: tensor}, Path("model.safetensors"))
    assert str(error.value).startswith("model.safetensors: ")


def test_counters_are_whole_numbers() -> None:
    weights = {"a.weight": torch.ones(2, dtype=torch.float16), "a.num_batches_tracked": torch.tensor(3)}
    check_finite(weights, Path("model.safetensors"))

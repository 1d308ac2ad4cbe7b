import pytest
import torch
from torch import nn

from data.errors import InputError
from models.training.descent import descend


def step_from(most_gradient: float) -> tuple[float, torch.Tensor]:
    """Take a step of size 1 where the gradient is (6, 8), of norm 10."""
    network = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(network.weight)
    optimiser = torch.optim.SGD(network.parameters(), lr=1.0)
    loss = 3 + network(torch.tensor([6.0, 8.0])).sum()
    value = descend(loss, network, optimiser, most_gradient=most_gradient, when="step 1")
    return value, network.weight.detach().flatten()


@pytest.mark.parametrize(("most_gradient", "expected"), [(0, (-6, -8)), (20, (-6, -8)), (5, (-3, -4))])
def test_weights_go_down_the_gradient_no_further_than_allowed(
    most_gradient: float, expected: tuple[float, float]
) -> None:
    value, weights = step_from(most_gradient)
    assert value == 3
    assert weights.tolist() == pytest.approx(expected, rel=1e-5)


def test_gradients_of_the_step_before_do_not_add_up() -> None:
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    optimiser = torch.optim.SGD(network.parameters(), lr=1.0)
    for _ in range(3):
        descend(network(torch.ones(1)).sum(), network, optimiser, most_gradient=0, when="step")
    assert float(network.weight.detach()) == pytest.approx(-3)


def test_a_loss_that_is_no_number_is_told() -> None:
    network = nn.Linear(1, 1)
    optimiser = torch.optim.SGD(network.parameters(), lr=1.0)
    loss = network(torch.full((1,), float("inf"))).sum()
    with pytest.raises(InputError, match="the loss became .* in epoch 4; lower optimiser.learning_rate"):
        descend(loss, network, optimiser, most_gradient=0, when="epoch 4")

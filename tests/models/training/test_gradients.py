import pytest
import torch
from torch import nn

from models.training.gradients import DivergedError, accumulate_gradients, optimiser_step


def step_from(max_grad_norm: float) -> tuple[float, torch.Tensor]:
    """Take a step of size 1 where the gradient is (6, 8), of norm 10."""
    network = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(network.weight)
    optimiser = torch.optim.SGD(network.parameters(), lr=1.0)
    loss = 3 + network(torch.tensor([6.0, 8.0])).sum()
    value = optimiser_step(
        accumulate_gradients([loss], network), network, optimiser, max_norm=max_grad_norm, name="step 1"
    )
    return value, network.weight.detach().flatten()


@pytest.mark.parametrize(("max_grad_norm", "expected"), [(0, (-6, -8)), (20, (-6, -8)), (5, (-3, -4))])
def test_weights_go_down_the_gradient_no_further_than_allowed(
    max_grad_norm: float, expected: tuple[float, float]
) -> None:
    value, weights = step_from(max_grad_norm)
    assert value == 3
    assert weights.tolist() == pytest.approx(expected, rel=1e-5)


def test_gradients_of_the_step_before_do_not_add_up() -> None:
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    optimiser = torch.optim.SGD(network.parameters(), lr=1.0)
    for _ in range(3):
        losses = accumulate_gradients([network(torch.ones(1)).sum()], network)
        optimiser_step(losses, network, optimiser, max_norm=0, name="step")
    assert float(network.weight.detach()) == pytest.approx(-3)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_a_batch_in_parts_gives_the_step_of_the_whole(parts: int) -> None:
    torch.manual_seed(1)
    tiles, start = torch.randn(6, 4), nn.Linear(4, 1).state_dict()
    weights, values = [], []
    for count in (1, parts):
        network = nn.Linear(4, 1)
        network.load_state_dict(start)
        optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = (network(part).square().mean() * len(part) / 6 for part in tiles.chunk(count))
        computed = accumulate_gradients(losses, network)
        values.append(optimiser_step(computed, network, optimiser, max_norm=1, name="step"))
        weights.append(network.weight.detach())
    assert values[1] == pytest.approx(values[0], rel=1e-5)
    torch.testing.assert_close(weights[1], weights[0])


@pytest.mark.parametrize("when", ["epoch 4", lambda: "epoch 4"])
def test_a_loss_that_is_no_number_is_told(when) -> None:
    network = nn.Linear(1, 1)
    optimiser = torch.optim.SGD(network.parameters(), lr=1.0)
    loss = network(torch.full((1,), float("inf"))).sum()
    losses = accumulate_gradients([loss], network)
    with pytest.raises(DivergedError, match="the loss became .* in epoch 4; lower optimiser.learning_rate"):
        optimiser_step(losses, network, optimiser, max_norm=0, name=when)

import pytest
import torch
from torch import nn

from models.training.schedule import OptimiserSettings, make_optimiser, rate_factor, set_learning_rate


def test_the_rate_rises_and_then_falls_by_half_a_cosine() -> None:
    settings = OptimiserSettings(warm_up=0.2, final_rate=0.1)
    factors = [rate_factor(settings, step, 21) for step in range(21)]
    assert factors[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert factors[4] == pytest.approx(1.0)
    assert factors[12] == pytest.approx(0.55)
    assert factors[20] == pytest.approx(0.1)
    assert factors[4:] == sorted(factors[4:], reverse=True)


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("warm_up", [0.0, 0.5, 0.9])
def test_short_trainings_have_rates_above_zero(steps: int, warm_up: float) -> None:
    settings = OptimiserSettings(warm_up=warm_up)
    assert all(0 < rate_factor(settings, step, steps) <= 1 for step in range(steps))


def test_groups_get_their_rates_and_decay() -> None:
    settings = OptimiserSettings(learning_rate=0.1, backbone_factor=0.5, weight_decay=0.3, warm_up=0)
    backbone, head = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)), nn.Linear(2, 2)
    optimiser = make_optimiser(backbone, head, settings)
    assert set_learning_rate(optimiser, settings, 0, 10) == pytest.approx(0.1)
    groups = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in optimiser.param_groups
        for parameter in group["params"]
    }
    expected = {
        backbone[0].weight: (0.05, 0.3),
        backbone[0].bias: (0.05, 0.0),
        backbone[1].weight: (0.05, 0.0),
        backbone[1].bias: (0.05, 0.0),
        head.weight: (0.1, 0.3),
        head.bias: (0.1, 0.0),
    }
    assert groups == {id(parameter): pytest.approx(values) for parameter, values in expected.items()}


def test_factor_zero_freezes_the_backbone() -> None:
    backbone, head = nn.Linear(2, 2), nn.Linear(2, 2)
    optimiser = make_optimiser(backbone, head, OptimiserSettings(backbone_factor=0))
    before = backbone.weight.clone()
    head(backbone(torch.ones(1, 2))).sum().backward()
    optimiser.step()
    assert torch.equal(backbone.weight, before)
    assert backbone.weight.grad is None

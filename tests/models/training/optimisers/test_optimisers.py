import copy

import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from models.training.optimisers.optimisers import make_optimiser, set_learning_rate
from models.training.optimisers.parameter_groups import split_parameters
from models.training.optimisers.settings import AdamSettings, AdamWSettings, OptimiserSettings, SgdSettings


def make_network() -> tuple[nn.Sequential, nn.Linear]:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)), nn.Linear(2, 2)


def test_groups_get_their_rates_and_decay() -> None:
    backbone, head = make_network()
    settings = AdamWSettings(learning_rate=0.1, lr_multipliers=(0.5, 1.0), weight_decay=0.3)
    optimiser = make_optimiser(split_parameters(backbone, head, 2), settings)
    expected = {
        backbone[0].weight: (0.05, 0.3),
        backbone[0].bias: (0.05, 0.0),
        backbone[1].weight: (0.05, 0.0),
        backbone[1].bias: (0.05, 0.0),
        head.weight: (0.1, 0.3),
        head.bias: (0.1, 0.0),
    }
    assert rates_and_decay(optimiser) == {id(key): pytest.approx(value) for key, value in expected.items()}
    set_learning_rate(optimiser, 0.02)
    rates = sorted({rate for rate, _ in rates_and_decay(optimiser).values()})
    assert rates == pytest.approx([0.01, 0.02])


def rates_and_decay(optimiser: torch.optim.Optimizer) -> dict[int, tuple[float, float]]:
    return {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in optimiser.param_groups
        for parameter in group["params"]
    }


@pytest.mark.parametrize(
    ("settings", "kind", "options"),
    [
        (AdamWSettings(weight_decay=0), torch.optim.AdamW, {"lr": 1e-3, "weight_decay": 0}),
        (AdamSettings(), torch.optim.Adam, {"lr": 1e-3}),
        (SgdSettings(weight_decay=0), torch.optim.SGD, {"lr": 0.01, "momentum": 0.9}),
    ],
)
def test_steps_are_those_of_torch(settings: OptimiserSettings, kind: type, options: dict) -> None:
    ours, theirs = nn.Linear(3, 2), nn.Linear(3, 2)
    theirs.load_state_dict(ours.state_dict())
    optimisers = [
        make_optimiser([[], list(ours.parameters())], settings),
        kind(theirs.parameters(), **options),
    ]
    tiles = torch.randn(5, 3, generator=torch.Generator().manual_seed(2))
    for _ in range(4):
        for network, optimiser in zip((ours, theirs), optimisers, strict=True):
            optimiser.zero_grad()
            network(tiles).square().sum().backward()
            optimiser.step()
    torch.testing.assert_close(ours.weight, theirs.weight)
    torch.testing.assert_close(ours.bias, theirs.bias)


def test_the_absolute_weights_are_minimised_too() -> None:
    network = nn.Linear(3, 1)
    before = copy.deepcopy(network)
    settings = SgdSettings(learning_rate=0.1, momentum=0, weight_decay=0, l1=0.2)
    optimiser = make_optimiser([list(network.parameters()), []], settings)
    network(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    expected = before.weight - 0.1 * (1 + 0.2 * before.weight.sign())
    torch.testing.assert_close(network.weight, expected)
    torch.testing.assert_close(network.bias, before.bias - 0.1)


def test_a_state_is_taken_up_again() -> None:
    settings = AdamSettings(l1=0.01, lr_multipliers=(0.5, 1.0))
    results = []
    for cut in (False, True):
        backbone, head = make_network()
        groups = split_parameters(backbone, head, 2)
        optimiser = make_optimiser(groups, settings)
        for step in range(4):
            if cut and step == 2:
                state = copy.deepcopy(optimiser.state_dict())
                optimiser = make_optimiser(groups, settings)
                optimiser.load_state_dict(state)
            optimiser.zero_grad()
            head(backbone(torch.ones(2, 1, 3, 3))[:, :, 0, 0]).square().sum().backward()
            optimiser.step()
        results.append(head.weight.detach())
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)


def test_as_many_factors_as_groups() -> None:
    network = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="zip"):
        make_optimiser([list(network.parameters())], AdamWSettings())


@pytest.mark.parametrize("factors", [(1.0,), (0.0, 1.0), (1.0, 2.0)])
def test_factors_are_parts(factors: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError, match="lr_multipliers"):
        AdamWSettings(lr_multipliers=factors)


def test_each_kind_has_its_own_settings() -> None:
    read = TypeAdapter(OptimiserSettings).validate_python
    assert read({}) == AdamWSettings()
    assert read({"kind": "sgd"}) == SgdSettings(momentum=0.9, weight_decay=1e-6, learning_rate=0.01)
    with pytest.raises(ValidationError, match=r"momentum[\s\S]*not permitted"):
        read({"kind": "adam", "momentum": 0.5})

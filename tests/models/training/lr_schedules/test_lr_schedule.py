import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from models.training.lr_schedules.cosine import CosineSettings, cosine_factor
from models.training.lr_schedules.lr_schedule import ConstantSettings, LrScheduleSettings, lr_factor
from models.training.lr_schedules.plateau import PlateauSettings
from models.training.lr_schedules.ramp import RampSettings
from models.training.lr_schedules.restarts import RestartsSettings

RATES = {
    "cosine": CosineSettings(),
    "restarts": RestartsSettings(),
    "ramp": RampSettings(),
    "plateau": PlateauSettings(),
    "constant": ConstantSettings(),
}


def toy_optimiser(rate: float) -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)


def test_cosine_rises_and_then_falls_by_half_a_cosine() -> None:
    settings = CosineSettings(warmup_fraction=0.2, final_lr_fraction=0.1)
    factors = [cosine_factor(settings, step, 21) for step in range(21)]
    assert factors[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert factors[4] == pytest.approx(1.0)
    assert factors[12] == pytest.approx(0.55)
    assert factors[20] == pytest.approx(0.1)
    assert factors[4:] == sorted(factors[4:], reverse=True)


@pytest.mark.parametrize("warmup_fraction", [0.0, 0.5, 0.9])
def test_short_trainings_have_rates_above_zero(warmup_fraction: float) -> None:
    settings = CosineSettings(warmup_fraction=warmup_fraction)
    for steps in (1, 2, 3):
        assert all(0 < cosine_factor(settings, step, steps) <= 1 for step in range(steps))


@pytest.mark.parametrize("final", [0.0, 0.2])
def test_restarts_are_those_of_torch(final: float) -> None:
    settings = RestartsSettings(cycle_epochs=2, final_lr_fraction=final)
    optimiser = toy_optimiser(0.3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimiser, 2 * 5, eta_min=0.3 * final)
    for step in range(37):
        factor = lr_factor(settings, 0.3, step, batches_per_epoch=5, epochs=8, losses=())
        assert 0.3 * factor == pytest.approx(optimiser.param_groups[0]["lr"], abs=1e-9)
        optimiser.step()
        schedule.step()


def test_the_ramp_of_elnashar2022() -> None:
    rates = [0.0011 * lr_factor(RampSettings(), 0.0011, 7 * epoch + 6, 7, 10, ()) for epoch in range(10)]
    rising = [0.0005, 0.0007, 0.0009, 0.0011, 0.0011]
    falling = [0.0005 + 0.0006 * 0.75**past for past in range(5)]
    assert rates == pytest.approx(rising + falling)


def test_a_ramp_may_have_no_rise() -> None:
    settings = RampSettings(ramp_epochs=0, sustain_epochs=1, decay=0.5, least=0)
    assert [lr_factor(settings, 0.1, step, 1, 4, ()) for step in range(4)] == [1, 1, 0.5, 0.25]


LOSS = st.one_of(st.integers(0, 6).map(float), st.just(math.nan))


@given(losses=st.lists(LOSS, max_size=40), patience=st.integers(1, 4))
def test_plateaus_are_those_of_torch(losses: list[float], patience: int) -> None:
    settings = PlateauSettings(patience=patience)
    optimiser = toy_optimiser(1.0)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=0.5, patience=patience - 1, threshold=0, eps=0
    )
    for epoch in range(len(losses) + 1):
        factor = lr_factor(settings, 1.0, epoch, 1, 100, losses[:epoch])
        assert factor == optimiser.param_groups[0]["lr"]
        if epoch < len(losses):
            schedule.step(losses[epoch])


def test_the_rate_is_halved_after_three_epochs_without_a_lower_loss() -> None:
    losses = [3.0, 2.0, 2.5, 2.0, 2.1, 1.9]
    factors = [lr_factor(PlateauSettings(), 1, epoch, 1, 9, losses[:epoch]) for epoch in range(7)]
    assert factors == [1, 1, 1, 1, 1, 0.5, 0.5]


@pytest.mark.parametrize("kind", RATES)
@given(
    batches=st.integers(1, 50),
    epochs=st.integers(1, 30),
    rate=st.floats(1e-3, 1),
    place=st.floats(0, 1, exclude_max=True),
    loss=st.floats(0, 10),
)
def test_rates_are_positive_and_no_higher_than_the_highest(
    kind: str, batches: int, epochs: int, rate: float, place: float, loss: float
) -> None:
    step = int(place * batches * epochs)
    losses = [loss] * (step // batches)
    factor = lr_factor(RATES[kind], rate, step, batches, epochs, losses)
    assert 0 < factor <= 1 + 1e-9


def test_each_kind_is_found_by_its_name() -> None:
    for kind, settings in RATES.items():
        assert TypeAdapter(LrScheduleSettings).validate_python({"kind": kind}) == settings
    assert TypeAdapter(LrScheduleSettings).validate_python({}) == CosineSettings()
    assert lr_factor(ConstantSettings(), 0.1, 17, 5, 9, ()) == 1

"""Recipes are cut to a budget: what counts epochs shrinks with them, and all else stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.recipes.budget import Budget, fit_recipe, fit_tiles, share_epochs, shrink_rate
from benchmarks.recipes.comparison import list_recipes
from data.tiles.preparation import TileSettings
from models.training.lr_schedules.lr_schedule import ConstantSettings
from models.training.lr_schedules.plateau import PlateauSettings
from models.training.lr_schedules.ramp import RampSettings, ramp_factor
from models.training.lr_schedules.restarts import RestartsSettings
from pipeline.config.config import load_config
from stages.train.settings import TrainSettings


def read(recipe: str) -> TrainSettings:
    return load_config(None, [], recipe).settings("train", TrainSettings)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=4), st.integers(1, 60))
def test_shares_are_whole_and_in_proportion(wanted: list[int], epochs: int) -> None:
    given_out = share_epochs(wanted, epochs)
    assert sum(given_out) == epochs
    assert given_out == [0 if place >= epochs else count for place, count in enumerate(given_out)]
    assert all(count >= 1 for count in given_out[:epochs])
    # Beside the exact share each is off by less than one for every training that was owed its first.
    for count, want in zip(given_out, wanted, strict=True):
        assert abs(count - want * epochs / sum(wanted)) < len(wanted) + 1


@pytest.mark.parametrize(
    ("wanted", "epochs", "expected"),
    [
        ([50, 14], 3, [2, 1]),
        ([10, 5], 3, [2, 1]),
        ([16], 3, [3]),
        ([50, 14], 1, [1, 0]),
        ([10, 5], 6, [4, 2]),
    ],
)
def test_phases_get_their_part(wanted: list[int], epochs: int, expected: list[int]) -> None:
    assert share_epochs(wanted, epochs) == expected


@pytest.mark.parametrize("recipe", list_recipes())
@pytest.mark.parametrize("epochs", [1, 3, 8])
def test_every_recipe_fits_and_keeps_what_it_is(recipe: str, epochs: int) -> None:
    settings = read(recipe)
    fitted = fit_recipe(settings, Budget(size=64, epochs=epochs), mean_cells=120.4)
    assert fitted.fit.epochs + sum(phase.epochs for phase in fitted.phases) == epochs
    assert fitted.tiles.size == (88 if "inception" in recipe else 64)
    assert fitted.split.folds == 0
    assert not fitted.initial_weights
    assert fitted.data.min_cells_per_class == min(settings.data.min_cells_per_class, 120)
    assert fitted.fit.batch_size == settings.fit.batch_size
    for part in ("images", "seed", "augment", "backbone", "head", "loss", "optimiser", "thresholds"):
        assert getattr(fitted, part) == getattr(settings, part)
    assert type(fitted.lr_schedule) is type(settings.lr_schedule)
    assert fitted.tiles.channels == settings.tiles.channels


def test_batches_are_cut_into_fewer_parts_as_tiles_shrink() -> None:
    settings = read("zhang2021-senet")
    assert settings.fit.accumulation_steps == 8
    parts = [fit_recipe(settings, Budget(size, 3), 100).fit.accumulation_steps for size in (64, 128, 256)]
    assert parts == [1, 2, 8]


@pytest.mark.parametrize(
    ("backbone", "crop", "expected"),
    [
        ("resnet50", 0, (64, 0)),
        ("resnet50", 224, (64, 56)),
        ("inception_v4", 0, (80, 0)),
        ("inception_v4", 224, (88, 77)),
        ("botnet26t_256", 0, (64, 0)),
    ],
)
def test_tiles_are_enlarged_for_networks_that_need_it(
    backbone: str, crop: int, expected: tuple[int, int]
) -> None:
    fitted = fit_tiles(TileSettings(size=256, crop=crop), backbone, 64)
    assert (fitted["size"], fitted["crop"]) == expected


@pytest.mark.parametrize("crop", [0, 128, 200])
def test_attention_gets_a_multiple_of_32(crop: int) -> None:
    fitted = fit_tiles(TileSettings(size=256, crop=crop), "botnet26t_256", 72)
    assert (fitted["crop"] or fitted["size"]) % 32 == 0
    assert 72 <= fitted["size"] < 160


@pytest.mark.parametrize(
    ("epochs", "length"), [(3, 1), (4, 1), (6, 1), (7, 1), (8, 2), (12, 3), (16, 4), (32, 8)]
)
def test_cycles_stay_whole(epochs: int, length: int) -> None:
    rate = shrink_rate(RestartsSettings(cycle_epochs=4), 16, epochs)
    assert isinstance(rate, RestartsSettings)
    assert rate.cycle_epochs == length


def test_a_ramp_ends_where_the_long_one_does() -> None:
    long = RampSettings(start=0.1, least=0.0, ramp_epochs=4, sustain_epochs=2, decay=0.75)
    short = shrink_rate(long, 10, 5)
    assert isinstance(short, RampSettings)
    assert (short.ramp_epochs, short.sustain_epochs) == (2, 1)
    assert ramp_factor(short, 1.0, 5) == pytest.approx(ramp_factor(long, 1.0, 10))


def test_other_rates() -> None:
    assert shrink_rate(PlateauSettings(patience=10), 50, 10) == PlateauSettings(patience=2)
    assert shrink_rate(PlateauSettings(patience=3), 50, 3) == PlateauSettings(patience=1)
    assert shrink_rate(ConstantSettings(), 50, 3) == ConstantSettings()

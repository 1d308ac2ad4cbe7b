"""The forecast, compared with what runs of known costs take."""

from collections.abc import Sequence

import pytest

from data.fields.field import Field
from pipeline.plan.forecast import (
    CELLS,
    FIELDS,
    MACHINE_DEVIATION,
    PIXELS,
    PREDICTED,
    SHOWN,
    START_UP,
    TABLE_BYTES_PER_CELL,
    Forecast,
    count_units,
    find_deviation,
    make_forecast,
    measure_whole,
)
from pipeline.plan.sampled_fields import SizedField
from tests.factories.plan.measured_runs import PIXELS as SIZE
from tests.factories.plan.measured_runs import measured

WHOLE = 200
FIELDS_OF_WHOLE = [SizedField(Field(f"f{row}", {}), SIZE) for row in range(WHOLE)]
PIXELS_OF = {field.field.image_id: field.pixels for field in FIELDS_OF_WHOLE}


def forecast(first: float = 1.0, repeated: Sequence[float] = (1.0, 1.0)) -> Forecast:
    few, large = [measured(4, slower=slower) for slower in repeated], measured(24)
    units = [count_units(run, PIXELS_OF, 500) for run in (few[0], large)]
    whole = measure_whole(large, FIELDS_OF_WHOLE, PIXELS_OF, 500)
    return make_forecast(measured(4, slower=first), few, large, units, whole, listing_seconds=1.5)


def test_every_stage_and_the_whole_are_what_a_run_takes() -> None:
    found, real = forecast(), measured(WHOLE)
    for stage in real.stages:
        told = found.find(stage.stage)
        assert told is not None
        assert told.seconds == pytest.approx(stage.seconds)
        assert told.disk_bytes == pytest.approx(stage.disk_bytes)
    assert found.seconds == pytest.approx(real.seconds + 1.5)
    start_up = found.find(START_UP)
    assert start_up is not None
    assert start_up.seconds == pytest.approx(4.5)


def test_fixed_parts_are_apart_from_those_per_unit() -> None:
    segment, predict = forecast().find("segment"), forecast().find("predict")
    assert segment is not None
    assert predict is not None
    assert (segment.unit, segment.time.fixed) == (PIXELS, pytest.approx(2))
    assert segment.time.per_unit * SIZE == pytest.approx(0.5)
    assert (predict.unit, predict.time.fixed) == (PREDICTED, pytest.approx(4))
    assert predict.time.per_unit == pytest.approx(0.05)


def test_the_first_run_is_told_apart_and_forecasts_nothing() -> None:
    quick, slow = forecast(), forecast(first=3)
    assert slow.seconds == pytest.approx(quick.seconds)
    segment = slow.find("segment")
    assert segment is not None
    assert segment.warm_up == pytest.approx(2 * (2 + 4 * 0.5))


def test_tables_and_tiles_of_more_cells_take_more_memory() -> None:
    found = forecast()
    tables = TABLE_BYTES_PER_CELL * (2000 - 240)
    # Two shards of 256 tiles, of which 240 cells were held before: four channels and two masks, twice.
    tiles = 2 * 6 * 256**2 * (512 - 240)
    for stage, further in (
        ("segment", 0),
        ("crops", tables + tiles),
        ("predict", tables),
        ("combine", tables),
    ):
        told = found.find(stage)
        assert told is not None
        assert told.memory_bytes == pytest.approx(500_000_000 + further)
    assert found.memory_bytes == pytest.approx(500_000_000 + tables + tiles)


def test_the_interval_is_that_of_the_stages_added_up() -> None:
    found = forecast()
    assert found.half_width == pytest.approx(2 * sum(stage.deviation for stage in found.stages))
    assert forecast(repeated=(0.8, 1.2)).half_width > 3 * found.half_width


def test_one_disturbed_run_changes_nothing() -> None:
    found = forecast(repeated=(1.0, 1.0, 5.0))
    assert found.seconds == pytest.approx(forecast().seconds)
    assert found.half_width == pytest.approx(forecast().half_width)


def test_units_of_a_run_and_of_the_folder() -> None:
    run = measured(24)
    assert count_units(run, PIXELS_OF, 20) == {
        FIELDS: 24,
        PIXELS: 24 * SIZE,
        CELLS: 240,
        PREDICTED: 240,
        SHOWN: 20,
    }
    whole = measure_whole(run, FIELDS_OF_WHOLE, PIXELS_OF, 150)
    all_units = {FIELDS: 200, PIXELS: 200 * SIZE, CELLS: 2000, PREDICTED: 2000, SHOWN: 150}
    assert whole.units == pytest.approx(all_units)


def test_the_deviation_of_runs_is_theirs_but_never_too_small() -> None:
    assert find_deviation([measured(4), measured(4)]) == MACHINE_DEVIATION
    assert find_deviation([measured(4, slower=0.8), measured(4, slower=1.2)]) == pytest.approx(0.2 * 1.4826)
    assert find_deviation([measured(4)]) == MACHINE_DEVIATION

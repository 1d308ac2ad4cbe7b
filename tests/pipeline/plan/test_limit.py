"""Limits: whether a forecast keeps one, and which settings do."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.fields.field import Field
from pipeline.config.config import load_config
from pipeline.plan.faster_settings import FasterSetting
from pipeline.plan.forecast import Forecast, count_units, make_forecast, measure_whole
from pipeline.plan.limit import Sample, combine, count_fields_within, judge, try_all
from pipeline.plan.sampled_fields import SizedField
from pipeline.plan.trials import Trials
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.whole_run import Job
from tests.factories.plan.measured_runs import PIXELS, measured

FIELDS = [SizedField(Field(f"f{row}", {}), PIXELS) for row in range(200)]
SIZES = {field.field.image_id: field.pixels for field in FIELDS}
INT8 = FasterSetting("predict", "--set predict.runtime=openvino-int8", "8 bits", {"predict.runtime": "int8"})
ONE = FasterSetting("predict", "--model fold-0", "one of five", models=(Path("fold-0"),))
LITE = FasterSetting("segment", "--set segment.segmenter=lite", "lite", {"segment.segmenter": "lite"})
SLOW = FasterSetting("predict", "--set predict.runtime=torch", "slower", {"predict.runtime": "torch"})
SPEEDS = {
    INT8.option: 0.5,
    ONE.option: 0.2,
    f"{INT8.option} {ONE.option}": 0.15,
    LITE.option: 0.4,
    SLOW.option: 3,
}


class FakeTrials(Trials):
    """Runs that take known parts of the usual time."""

    def rerun(
        self,
        chosen: Any,
        work: WorkFolder | None,
        stage: str,
        values: Any,
        models: Any,
    ) -> float:
        known = {frozenset(s.values): SPEEDS[s.option] for s in (LITE,)}
        run = measured(len(chosen)).find(stage)
        assert run is not None
        if stage == "segment":
            return run.seconds * known[frozenset(values)]
        if models and values:
            return run.seconds * 0.15
        if models:
            return run.seconds * 0.2
        return run.seconds * (0.5 if values["predict.runtime"] == "int8" else 3)


@pytest.fixture
def trials(tmp_path: Path) -> Trials:
    return FakeTrials(Job(WorkFolder(tmp_path), tmp_path), load_config(None), FIELDS, 2, tmp_path)


@pytest.fixture
def forecast() -> Forecast:
    few, large = measured(4), measured(24)
    units = [count_units(run, SIZES, 500) for run in (few, large)]
    return make_forecast(few, [few, few], large, units, measure_whole(large, FIELDS, SIZES, 500), 0.0)


@pytest.fixture
def samples() -> list[Sample]:
    counts = (4, 24)
    return [
        Sample(FIELDS[:count], WorkFolder(Path("w")), count_units(measured(count), SIZES, 500))
        for count in counts
    ]


def test_what_keeps_a_limit(forecast: Forecast) -> None:
    low, middle, high = (forecast.seconds + sign * forecast.half_width for sign in (-1, 0, 1))
    assert judge(forecast, high + 1) == "yes"
    assert judge(forecast, middle + 1) == "probably"
    assert judge(forecast, middle - 1) == "hardly"
    assert judge(forecast, low - 1) == "no"


def test_fields_within_a_limit_take_that_time(forecast: Forecast) -> None:
    count = count_fields_within(forecast, 100)
    assert 0 < count < 200
    assert measured(count).seconds <= 100 < measured(count + 1).seconds
    assert count_fields_within(forecast, 1) == 0
    assert count_fields_within(forecast, 1e6) == 200


def test_settings_are_measured_and_what_brings_nothing_is_left_out(
    forecast: Forecast, trials: Trials, samples: list[Sample]
) -> None:
    found = try_all([INT8, SLOW, LITE], forecast, trials, samples)
    assert [each.setting for each in found] == [INT8, LITE]
    predict = measured(200).find("predict")
    assert predict is not None
    assert found[0].forecast.seconds == pytest.approx(forecast.seconds - 0.5 * predict.seconds)
    assert {each.how for each in found} == {"measured"}


def test_the_least_change_that_keeps_the_limit_is_proposed(
    forecast: Forecast, trials: Trials, samples: list[Sample]
) -> None:
    found = try_all([INT8, ONE, LITE], forecast, trials, samples)
    settings, reached = combine(found, forecast, forecast.seconds * 0.95, trials, samples)
    assert [setting.option for setting in settings] == [INT8.option]
    assert judge(reached, forecast.seconds * 0.95) == "yes"


def test_settings_of_one_stage_are_measured_together(
    forecast: Forecast, trials: Trials, samples: list[Sample]
) -> None:
    found = try_all([INT8, ONE, LITE], forecast, trials, samples)
    settings, reached = combine(found, forecast, 1.0, trials, samples)
    assert [setting.option for setting in settings] == [f"{INT8.option} {ONE.option}", LITE.option]
    real = measured(200)
    predict, segment = real.find("predict"), real.find("segment")
    assert predict is not None
    assert segment is not None
    assert reached.seconds == pytest.approx(real.seconds - 0.85 * predict.seconds - 0.6 * segment.seconds)


def test_fewer_fields_in_the_report_follow_from_the_time_of_each(
    forecast: Forecast, trials: Trials, samples: list[Sample]
) -> None:
    combine_stage = forecast.find("combine")
    assert combine_stage is not None
    # The made-up runs have no report: one of 2 s, and 0.1 s per field shown.
    report = replace(
        combine_stage,
        stage="inspect",
        unit="shown field",
        units=200,
        time=replace(combine_stage.time, fixed=2, per_unit=0.1),
        seconds=22,
    )
    longer = replace(forecast, stages=(*forecast.stages, report))
    fewer = FasterSetting("inspect", "--set inspect.max_fields=50", "50 shown", {"inspect.max_fields": 50})
    (found,) = try_all([fewer], longer, trials, samples)
    assert found.forecast.seconds == pytest.approx(longer.seconds - 22 + 2 + 50 * 0.1)
    assert found.how == "from the time per field above"

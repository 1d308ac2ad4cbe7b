"""Which settings keep a limit of time."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.plan.faster_settings import INT8, FasterSetting
from pipeline.plan.forecast import SHOWN, Forecast
from pipeline.plan.linear_cost import fit_cost
from pipeline.plan.sampled_fields import SizedField
from pipeline.plan.trials import Trials
from pipeline.runs.work_folder import WorkFolder

WORTHWHILE = 0.98
"""Settings that leave more than this part of the time are not proposed."""

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class Alternative:
    """The run with other settings.

    Attributes
    ----------
    setting
        The settings that differ.
    forecast
        Of the whole run with them.
    how
        ``measured``, or how the forecast follows from what was measured.
    """

    setting: FasterSetting
    forecast: Forecast
    how: str


@dataclass(frozen=True)
class Sample:
    """Fields of a measured run, its work folder, and its units of work."""

    fields: Sequence[SizedField]
    work: WorkFolder
    units: dict[str, float]


def judge(forecast: Forecast, limit: float) -> str:
    """Return whether a forecast keeps a limit: ``yes``, ``probably``, ``hardly`` or ``no``."""
    if forecast.seconds + forecast.half_width <= limit:
        return "yes"
    if forecast.seconds <= limit:
        return "probably"
    return "hardly" if forecast.seconds - forecast.half_width <= limit else "no"


def count_fields_within(forecast: Forecast, limit: float) -> int:
    """Count the fields that a run can do within a limit, evenly chosen from all; 0 where none."""
    fixed = sum(stage.time.fixed for stage in forecast.stages)
    fields = forecast.whole.units["field"]
    per_field = (forecast.seconds - fixed) / fields if fields else 0.0
    if per_field <= 0:
        return int(fields) if fixed <= limit else 0
    return max(0, min(int(fields), int((limit - fixed) / per_field)))


def try_setting(
    setting: FasterSetting, forecast: Forecast, trials: Trials, samples: Sequence[Sample]
) -> Alternative | None:
    """Measure a setting on fields that were timed; None where its stage is not part of the run."""
    stage = forecast.find(setting.stage)
    if stage is None:
        return None
    shown = setting.values.get("inspect.max_fields")
    if isinstance(shown, int):
        units = dict(forecast.whole.units)
        units[SHOWN] = min(units[SHOWN], float(shown))
        whole = replace(forecast.whole, units=units)
        changed = stage.with_time(stage.time, whole, forecast.relative_deviation)
        changed = replace(changed, units=units[SHOWN])
        return Alternative(setting, forecast.with_stage(changed), "from the time per field above")
    log.info("plan: timing %s", setting.option)
    points, once = [], 0.0
    for sample in samples:
        seconds, more = _time(setting, trials, sample)
        points.append((sample.units[stage.unit], seconds))
        once = max(once, more)
    changed = stage.with_time(fit_cost(points), forecast.whole, forecast.relative_deviation, once)
    return Alternative(setting, forecast.with_stage(changed), "measured")


def _time(setting: FasterSetting, trials: Trials, sample: Sample) -> tuple[float, float]:
    """Return the seconds of a stage with other settings, and what it takes once more in the real run."""
    if setting.stage != "segment":
        found = trials.rerun(sample.fields, sample.work, setting.stage, setting.values, setting.models)
        return found, 0.0
    first, again = (
        trials.rerun(sample.fields, None, "segment", setting.values, setting.models) for _ in range(2)
    )
    # Networks are converted once for good, but int8 is fitted to some of the fields, which are others there.
    fitted = setting.values.get("segment.runtime") == INT8
    return again, max(0.0, first - again) if fitted else 0.0


def try_all(
    settings: Sequence[FasterSetting], forecast: Forecast, trials: Trials, samples: Sequence[Sample]
) -> list[Alternative]:
    """Measure all settings; those that bring nothing are left out."""
    tried = [try_setting(setting, forecast, trials, samples) for setting in settings]
    return [
        each for each in tried if each is not None and each.forecast.seconds < WORTHWHILE * forecast.seconds
    ]


def combine(
    alternatives: Sequence[Alternative],
    forecast: Forecast,
    limit: float,
    trials: Trials,
    samples: Sequence[Sample],
) -> tuple[list[FasterSetting], Forecast]:
    """Add one setting after the other, those that change least first, until the limit is kept.

    Settings of one stage are measured together, since what each brings alone need not add up.

    Returns
    -------
    tuple
        The settings, one per stage, and the forecast with them; all of them where none keep the limit.
    """
    chosen: dict[str, FasterSetting] = {}
    reached = forecast
    for alternative in alternatives:
        stage = alternative.setting.stage
        if stage in chosen and stage != "inspect":
            together = chosen[stage] + alternative.setting
            tried = try_setting(together, forecast, trials, samples)
        else:
            together, tried = alternative.setting, alternative
        found = tried.forecast.find(stage) if tried else None
        before = reached.find(stage)
        if found is None or before is None or found.seconds >= before.seconds:
            continue
        chosen[stage], reached = together, reached.with_stage(found)
        if judge(reached, limit) == "yes":
            break
    return list(chosen.values()), reached

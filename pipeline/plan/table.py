"""A plan as text and as JSON."""

from collections.abc import Iterator
from typing import Any

from pipeline.plan.durations import format_duration
from pipeline.plan.forecast import CELLS, FIELDS, PIXELS, PREDICTED, SHOWN, Forecast, StageForecast
from pipeline.plan.limit import Alternative, count_fields_within, judge
from pipeline.plan.plan import Plan

_PER = {FIELDS: (1, "field"), PIXELS: (1e6, "megapixel"), PREDICTED: (1, "cell"), SHOWN: (1, "field shown")}
_VERDICTS = {
    "yes": "is kept",
    "probably": "is probably kept",
    "hardly": "is probably not kept",
    "no": "is not kept",
}
_TOLD_WARM_UP = 0.5
_BUSY = 0.5
"""Part of the cores that others may want before times are said to be unsure."""


def format_bytes(count: float) -> str:
    """Format a number of bytes with a decimal unit: ``740 kB``, ``1.2 GB``."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= 0.9995 * size:
            return f"{count / size:.3g} {unit}"
    return f"{count / 1e3:.0f} kB"


def format_plan(plan: Plan) -> str:
    """Lay out a plan: the table of the stages, how sure it is, and which settings keep the limit."""
    lines = [_heading(plan), f"segmenter: {plan.segmenter}", f"classifier: {', '.join(plan.classifiers)}", ""]
    lines += _table(plan.forecast)
    lines += ["", *_sureness(plan)]
    if plan.limit is not None:
        lines += ["", *_limit(plan, plan.limit)]
    return "\n".join(lines)


def as_dict(plan: Plan) -> dict[str, Any]:
    """Return all of a plan as plain values: seconds, bytes, and numbers of units."""
    found: dict[str, Any] = {
        "fields": len(plan.fields),
        "timed_fields": plan.timed,
        "cells": plan.forecast.whole.units[CELLS],
        "cells_relative_deviation": plan.forecast.whole.cells_deviation,
        "time_relative_deviation": plan.forecast.relative_deviation,
        "repeated_seconds": list(plan.repeated),
        "load_before": plan.load[0] if plan.load else None,
        "segmenter": plan.segmenter,
        "classifiers": list(plan.classifiers),
        "plan_seconds": plan.seconds,
        **_totals(plan.forecast),
        "stages": [_stage_as_dict(stage) for stage in plan.forecast.stages],
        "failures": [{"where": failure.where, "why": failure.why} for failure in plan.failures],
    }
    if plan.limit is not None:
        found["limit"] = _limit_as_dict(plan, plan.limit)
    return found


def _totals(forecast: Forecast) -> dict[str, float]:
    return {
        "seconds": forecast.seconds,
        "seconds_low": _low(forecast),
        "seconds_high": forecast.seconds + forecast.half_width,
        "disk_bytes": forecast.disk_bytes,
        "memory_bytes": forecast.memory_bytes,
    }


def _stage_as_dict(stage: StageForecast) -> dict[str, Any]:
    return {
        "stage": stage.stage,
        "seconds": stage.seconds,
        "seconds_deviation": stage.deviation,
        "fixed_seconds": stage.time.fixed,
        "seconds_per_unit": stage.time.per_unit,
        "unit": stage.unit,
        "units": stage.units,
        "warm_up_seconds": stage.warm_up,
        "disk_bytes": stage.disk_bytes,
        "memory_bytes": stage.memory_bytes,
    }


def _limit_as_dict(plan: Plan, limit: float) -> dict[str, Any]:
    found: dict[str, Any] = {
        "seconds": limit,
        "kept": judge(plan.forecast, limit),
        "fields_within": count_fields_within(plan.forecast, limit),
        "alternatives": [
            {
                "option": each.setting.option,
                "effect": each.setting.effect,
                "how": each.how,
                "kept": judge(each.forecast, limit),
                **_totals(each.forecast),
            }
            for each in plan.alternatives
        ],
    }
    if plan.together and plan.reached is not None:
        found["together"] = {
            "options": [setting.option for setting in plan.together],
            "kept": judge(plan.reached, limit),
            **_totals(plan.reached),
        }
    return found


def _heading(plan: Plan) -> str:
    sizes = sorted({sized.pixels for sized in plan.fields})
    smallest, largest = sizes[0] / 1e6, sizes[-1] / 1e6
    size = f"{largest:.3g}" if len(sizes) == 1 else f"{smallest:.3g} to {largest:.3g}"
    cells = plan.forecast.whole.units[CELLS]
    told = f"{cells:.0f}" if plan.timed >= len(plan.fields) else f"about {_round(cells)}"
    noun = "field" if len(plan.fields) == 1 else "fields"
    return f"{len(plan.fields)} {noun} of {size} megapixels, {told} cells"


def _round(count: float) -> str:
    return f"{float(f'{count:.3g}'):.0f}"


def _table(forecast: Forecast) -> Iterator[str]:
    yield f"{'stage':<10}{'time':>14}{'fixed':>12}   {'and':<28}{'disk':>9}{'memory':>10}"
    for stage in forecast.stages:
        yield (
            f"{stage.stage:<10}{format_duration(stage.seconds):>14}{format_duration(stage.time.fixed):>12}   "
            f"{_per_unit(stage):<28}{format_bytes(stage.disk_bytes) if stage.disk_bytes else '':>9}"
            f"{format_bytes(stage.memory_bytes) if stage.memory_bytes else '':>10}"
        )
    yield (
        f"{'total':<10}{format_duration(forecast.seconds):>14}{'':>12}   {'':<28}"
        f"{format_bytes(forecast.disk_bytes):>9}{format_bytes(forecast.memory_bytes):>10}"
    )


def _per_unit(stage: StageForecast) -> str:
    size, name = _PER[stage.unit]
    seconds = stage.time.per_unit * size
    told = f"{seconds * 1000:.3g} ms" if seconds < 0.9995 else f"{seconds:.3g} s"
    return f"{told} per {name}"


def _low(forecast: Forecast) -> float:
    return max(0.0, forecast.seconds - forecast.half_width)


def _interval(forecast: Forecast) -> str:
    return f"{format_duration(_low(forecast))} to {format_duration(forecast.seconds + forecast.half_width)}"


def _sureness(plan: Plan) -> Iterator[str]:
    forecast = plan.forecast
    yield (
        f"The time is likely to be {_interval(forecast)} (2 standard deviations), if the computer is as busy "
        "as now."
    )
    if plan.load is not None and plan.load[0] >= _BUSY * plan.load[1]:
        yield (
            f"Other programs kept the computer busy (load {plan.load[0]:.1f} on {plan.load[1]} cores), so do "
            "not rely on the times: plan again when it is idle."
        )
    all_timed = plan.timed >= len(plan.fields)
    repeated = ", ".join(map(format_duration, plan.repeated))
    yield (
        f"Timed: {'all' if all_timed else plan.timed} of {len(plan.fields)} fields; for the same few, a run "
        f"took {repeated}."
    )
    if not all_timed:
        deviation = 2 * forecast.whole.cells_deviation
        yield f"Number of cells: {'not known well, ' if deviation > 0.5 else ''}within {deviation:.0%}."
    warm = [stage for stage in forecast.stages if stage.warm_up >= _TOLD_WARM_UP]
    if warm:
        parts = ", ".join(f"{stage.stage} {format_duration(stage.warm_up)}" for stage in warm)
        yield (
            f"The first run took longer ({parts}): networks were converted, and files read for the first "
            "time. This is not part of the forecast."
        )
    yield f"This plan took {format_duration(plan.seconds)}."


def _limit(plan: Plan, limit: float) -> Iterator[str]:
    verdict = judge(plan.forecast, limit)
    yield f"The limit of {format_duration(limit)} {_VERDICTS[verdict]}."
    if verdict == "yes":
        return
    if not plan.alternatives:
        yield "No setting that hpacells knows makes this run faster on this computer."
    else:
        width = max(len(each.setting.option) for each in plan.alternatives)
        yield f"{'faster alone':<{width}}  {'time':>13}  {'kept':<8}  what changes"
        yield from (_alternative(each, limit, width) for each in plan.alternatives)
    if plan.together and plan.reached is not None:
        options = " ".join(setting.option for setting in plan.together)
        yield (
            f"Together {options}: {format_duration(plan.reached.seconds)} ({_interval(plan.reached)}); "
            f"the limit {_VERDICTS[judge(plan.reached, limit)]}."
        )
    yield (
        f"With the settings as they are, about {count_fields_within(plan.forecast, limit)} of "
        f"{len(plan.fields)} fields are done in {format_duration(limit)}."
    )


def _alternative(each: Alternative, limit: float, width: int) -> str:
    how = "" if each.how == "measured" else f" ({each.how})"
    return (
        f"{each.setting.option:<{width}}  {format_duration(each.forecast.seconds):>13}  "
        f"{judge(each.forecast, limit):<8}  {each.setting.effect}{how}"
    )

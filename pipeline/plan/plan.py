"""Plan a run: time a few fields of a folder, and forecast the whole."""

import logging
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data.cores import available_cores
from data.errors import InputError
from data.fields.fewer_channels.folder_channels import choose_channels
from data.fields.field import Field
from pipeline.config.config import Config
from pipeline.plan.faster_settings import FasterSetting, list_faster
from pipeline.plan.forecast import Forecast, count_units, make_forecast, measure_whole
from pipeline.plan.limit import Alternative, Sample, combine, judge, try_all
from pipeline.plan.sampled_fields import SizedField, read_sizes
from pipeline.plan.stage_run import MeasuredRun
from pipeline.plan.trials import Trials, list_failures
from pipeline.runs.failures import summarise_failures
from pipeline.steps.images import list_fields
from pipeline.steps.whole_run import Job
from stages.inspect.settings import InspectSettings
from stages.segment.settings import SegmentSettings
from stages.stage import Context, Failure

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class Plan:
    """A forecast, and how it was found.

    Attributes
    ----------
    forecast
        Of the run with the user's settings.
    fields
        The fields of the folder that can be read.
    timed
        How many fields the largest of the timed runs had.
    repeated
        Seconds of the runs over the same few fields, after the first one.
    seconds
        How long the plan took.
    failures
        Fields that cannot be read, or that failed in a timed run.
    segmenter, classifiers
        What the settings stand for.
    load
        Processes that wanted a core in the minute before the plan, and the number of cores; None where the
        system does not say.
    limit
        The limit of time in seconds, if any.
    alternatives
        Settings that are faster, each alone; only where the limit may not be kept.
    together, reached
        Settings that keep the limit together, or come nearest to it, and the forecast with them.
    """

    forecast: Forecast
    fields: Sequence[SizedField]
    timed: int
    repeated: tuple[float, ...]
    seconds: float
    failures: Sequence[Failure]
    segmenter: str
    classifiers: tuple[str, ...]
    load: tuple[float, int] | None = None
    limit: float | None = None
    alternatives: Sequence[Alternative] = ()
    together: Sequence[FasterSetting] = ()
    reached: Forecast | None = None


def make_plan(job: Job, config: Config, context: Context, count: int | None, limit: float | None) -> Plan:
    """Time a few fields of a folder in temporary work folders, and forecast the run over all.

    Parameters
    ----------
    job
        The run; its work folder is neither read nor written.
    config, context
        Its settings, and where it would run.
    count
        Fields of the largest timed run; None for as many as take about a minute.
    limit
        Seconds that the run may take; where it may take longer, settings that are faster are timed, too.

    Raises
    ------
    InputError
        No field can be read, or what a run raises.
    """
    started, load = time.perf_counter(), _read_load()
    listed = list_fields(job.images, config)
    listing_seconds = time.perf_counter() - started
    fields, failures, config = _look(job, listed, config, context)
    with tempfile.TemporaryDirectory(prefix="hpacells-plan-") as root:
        trials = Trials(job, config, fields, context.workers, Path(root), _find_calibrated(fields, config))
        plan = _try(trials, count, limit, listing_seconds)
    failures = [*failures, *plan.failures]
    for line in summarise_failures(failures, "--json"):
        log.error("plan: left out %s", line)
    return replace(plan, failures=failures, seconds=time.perf_counter() - started, load=load)


def _read_load() -> tuple[float, int] | None:
    try:
        return os.getloadavg()[0], available_cores()
    except OSError:
        return None


def _look(
    job: Job, listed: Sequence[Field], config: Config, context: Context
) -> tuple[list[SizedField], list[Failure], Config]:
    """Return the fields that can be read, why others cannot, and the settings with the folder's channels."""
    setting = config.settings("segment", SegmentSettings).channels
    channels = choose_channels(listed, setting, needs_nuclei=False)
    fields, failures = read_sizes(listed, channels, context)
    if not fields:
        raise InputError(
            found=f"none of {len(listed)} fields can be read ({failures[0].where}: {failures[0].why})",
            where=job.images,
            expected="fields that can be read",
            advice="see `hpacells images` for what each field is",
        )
    # A few fields may lack a channel that others have, and then be segmented in another way.
    return fields, failures, config.with_values({"segment.channels": channels})


def _find_calibrated(fields: Sequence[SizedField], config: Config) -> frozenset[str]:
    """Return the IDs of the fields to which int8 would be fitted, so that it is fitted once for all."""
    settings = config.settings("segment", SegmentSettings)
    if not settings.runtime.endswith("int8"):
        return frozenset()
    # Loads torch.
    from models.segmenters.calibration_fields import draw_sample

    sample = draw_sample([sized.field for sized in fields], settings.pixel_size_um)
    return frozenset(field.image_id for field in sample.fields)


def _try(trials: Trials, count: int | None, limit: float | None, listing_seconds: float) -> Plan:
    max_shown = trials.config.settings("inspect", InspectSettings).max_fields
    pixels = {sized.field.image_id: sized.pixels for sized in trials.fields}
    few = trials.choose(min(trials.fewest(), count or len(trials.fields)))
    first, _ = trials.run(few, "which may convert networks first")
    small, small_work = trials.run(few, "again")
    many = trials.choose(max(len(few), trials.most(small, count)))
    large, large_work = small, small_work
    if len(many) > len(few):
        large, large_work = trials.run(many, "to see what each field takes")
    repeated, few_work = trials.repeat(few, small)
    units = [count_units(run, pixels, max_shown) for run in (small, large)]
    whole = measure_whole(large, trials.fields, pixels, max_shown)
    forecast = make_forecast(first, repeated, large, units, whole, listing_seconds)
    plan = Plan(
        forecast,
        trials.fields,
        len(many),
        tuple(run.seconds for run in repeated),
        0.0,
        list_failures([first, *repeated, large]),
        _name_segmenter(large),
        _name_classifiers(large),
        limit=limit,
    )
    if limit is None or judge(forecast, limit) == "yes":
        return plan
    samples = [Sample(few, few_work, units[0]), Sample(many, large_work, units[1])]
    return _shorten(plan, trials, samples, large, limit)


def _shorten(plan: Plan, trials: Trials, samples: Sequence[Sample], run: MeasuredRun, limit: float) -> Plan:
    """Add to a plan which settings are faster."""
    settings = list_faster(trials.job, trials.config, run)
    alternatives = try_all(settings, plan.forecast, trials, samples)
    together, reached = combine(alternatives, plan.forecast, limit, trials, samples)
    return replace(plan, alternatives=alternatives, together=together, reached=reached)


def _name_segmenter(run: MeasuredRun) -> str:
    segment = run.find("segment")
    return str(segment.details.get("segmenter", "")) if segment else ""


def _name_classifiers(run: MeasuredRun) -> tuple[str, ...]:
    predict = run.find("predict")
    details: Mapping[str, list[str]] = predict.details if predict else {}
    return tuple(f"{Path(folder).name}" for folder in details.get("classifiers", []))

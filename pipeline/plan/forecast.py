"""The forecast of a run over all fields of a folder, computed from measured runs over a few of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from data.tiles.cell_tiles import TILE_SIZE
from data.tiles.tile_presets import PRESETS
from data.tiles.tile_writer import SHARD_TILES
from pipeline.plan.linear_cost import LinearCost, fit_cost
from pipeline.plan.sampled_fields import Estimate, SizedField, estimate_total
from pipeline.plan.stage_run import MeasuredRun

START_UP = "start-up"
"""What a run takes outside its stages: to start, to list the folder, to check what is done."""

FIELDS, PIXELS, CELLS, PREDICTED, SHOWN = "field", "pixel", "cell", "predicted cell", "shown field"

TIME_UNITS = {
    START_UP: FIELDS,
    "segment": PIXELS,
    "crops": PIXELS,
    "predict": PREDICTED,
    "combine": PREDICTED,
    "inspect": SHOWN,
}
"""What the time of a stage grows with; that of others grows with the predicted cells."""

DISK_UNITS = TIME_UNITS | {"crops": CELLS}

TABLE_BYTES_PER_CELL = 100
"""What a further cell adds to the memory of a stage after `segment` at most, by ``benchmarks.memory``,
with 20 cells a field."""

_TILE_PLANES, _TILE_COPIES, _SHARDS_HELD = 6, 2, 2
"""What `crops` holds of each cell until a shard of tiles is written: four channels and two masks, once as
they came and once joined; while one shard is written, the next comes."""

MACHINE_DEVIATION = 0.05
"""Relative standard deviation of the time of a run, at least."""

_NORMAL = 1.4826
"""Standard deviation of a normal distribution, in medians of the distances from its median."""

DEVIATIONS = 2
"""Standard deviations on either side of a forecast, between which it is said to lie."""


@dataclass(frozen=True)
class Whole:
    """What there is to do in the whole folder.

    Attributes
    ----------
    units
        Number of each unit of work.
    cells_deviation
        Relative standard deviation of the numbers of cells, which are estimated.
    """

    units: Mapping[str, float]
    cells_deviation: float


@dataclass(frozen=True)
class StageForecast:
    """One stage over the whole folder.

    Attributes
    ----------
    stage
        Its name.
    unit, units
        What its time grows with, and how many of it there are.
    time
        Seconds, fixed and per unit.
    seconds, deviation
        Time over the whole folder, and its standard deviation.
    warm_up
        Seconds that the first run took more, which are in no forecast.
    disk_bytes, memory_bytes
        What it adds to the work folder, and its peak of resident memory.
    """

    stage: str
    unit: str
    units: float
    time: LinearCost
    seconds: float
    deviation: float
    warm_up: float
    disk_bytes: float
    memory_bytes: float

    def with_time(
        self, time: LinearCost, whole: Whole, relative: float, once: float = 0.0
    ) -> "StageForecast":
        """Return the stage with another cost of time, and seconds that come once."""
        seconds, deviation = forecast_time(time, self.unit, whole, relative)
        return replace(self, time=time, seconds=seconds + once, deviation=deviation)


@dataclass(frozen=True)
class Forecast:
    """All stages over the whole folder.

    Attributes
    ----------
    stages
        Each, the start-up first.
    whole
        What there is to do.
    relative_deviation
        Relative standard deviation of the time of a run.
    """

    stages: tuple[StageForecast, ...]
    whole: Whole
    relative_deviation: float

    @property
    def seconds(self) -> float:
        """Time of the whole run."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def half_width(self) -> float:
        """Half of the interval in which the time lies; the deviations of the stages are added up."""
        return DEVIATIONS * sum(stage.deviation for stage in self.stages)

    @property
    def disk_bytes(self) -> float:
        """Size of the work folder at the end."""
        return sum(stage.disk_bytes for stage in self.stages)

    @property
    def memory_bytes(self) -> float:
        """Peak of resident memory of the run."""
        return max(stage.memory_bytes for stage in self.stages)

    def find(self, name: str) -> StageForecast | None:
        """Return the stage of a name, if there is one."""
        return next((stage for stage in self.stages if stage.stage == name), None)

    def with_stage(self, changed: StageForecast) -> "Forecast":
        """Return the forecast with another stage of that name."""
        stages = tuple(changed if stage.stage == changed.stage else stage for stage in self.stages)
        return replace(self, stages=stages)


def forecast_time(time: LinearCost, unit: str, whole: Whole, relative: float) -> tuple[float, float]:
    """Return the seconds of a stage over the whole folder, and their standard deviation."""
    units = whole.units[unit]
    by_time = time.deviation_at(units, relative)
    by_cells = whole.cells_deviation * time.per_unit * units if unit in (CELLS, PREDICTED) else 0.0
    return time.at(units), math.hypot(by_time, by_cells)


def count_units(run: MeasuredRun, pixels: Mapping[str, int], max_shown: int) -> dict[str, float]:
    """Count the units of work of a measured run.

    Parameters
    ----------
    run
        The run.
    pixels
        Image ID -> pixels of the field.
    max_shown
        Fields that the report shows at most.
    """
    predicted = run.find("predict")
    cells = sum(run.cells.values())
    return {
        FIELDS: len(run.cells),
        PIXELS: sum(pixels[image_id] for image_id in run.cells),
        CELLS: cells,
        PREDICTED: cells if predicted is None else predicted.counts.get("cells", cells),
        SHOWN: min(len(run.cells), max_shown),
    }


def measure_whole(
    largest: MeasuredRun, fields: Sequence[SizedField], pixels: Mapping[str, int], max_shown: int
) -> Whole:
    """Estimate what there is to do in the whole folder, by the run over the most fields.

    Returns
    -------
    Whole
        Fields and pixels are counted, cells estimated.
    """
    all_pixels = sum(field.pixels for field in fields)
    found = [(pixels[image_id], count) for image_id, count in largest.cells.items()]
    cells: Estimate = estimate_total(found, len(fields), all_pixels)
    counted = count_units(largest, pixels, max_shown)
    part = counted[PREDICTED] / counted[CELLS] if counted[CELLS] else 0.0
    units = {
        FIELDS: float(len(fields)),
        PIXELS: float(all_pixels),
        CELLS: cells.value,
        PREDICTED: cells.value * part,
        SHOWN: float(min(len(fields), max_shown)),
    }
    return Whole(units, cells.relative_deviation)


def find_deviation(repeated: Sequence[MeasuredRun]) -> float:
    """Return the relative standard deviation of the time of a run, from runs over the same fields.

    By the median of the distances from their median, so that one run which was disturbed counts little.
    """
    times = [run.seconds for run in repeated]
    middle = median(times)
    distance = median([abs(seconds - middle) for seconds in times])
    return max(MACHINE_DEVIATION, _NORMAL * distance / middle if middle else 0.0)


def make_forecast(
    first: MeasuredRun,
    repeated: Sequence[MeasuredRun],
    largest: MeasuredRun,
    units: Sequence[Mapping[str, float]],
    whole: Whole,
    listing_seconds: float,
) -> Forecast:
    """Make the forecast of all stages.

    Parameters
    ----------
    first
        The very first run, which also converted networks and read files for the first time.
    repeated
        Runs over the same few fields after it; of their times the median counts.
    largest
        The run over most fields.
    units
        The units of work of a repeated run, and of the largest.
    whole
        What there is to do.
    listing_seconds
        Time that listing the whole folder took, which is no part of the runs.
    """
    relative = find_deviation(repeated)
    few, many = units
    stages = []
    for name in (START_UP, *(stage.stage for stage in largest.stages)):
        unit, disk_unit = TIME_UNITS.get(name, PREDICTED), DISK_UNITS.get(name, PREDICTED)
        usual = median([_seconds(run, name) for run in repeated])
        time = fit_cost([(few[unit], usual), (many[unit], _seconds(largest, name))])
        disk = fit_cost([(few[disk_unit], _disk(repeated[0], name)), (many[disk_unit], _disk(largest, name))])
        seconds, deviation = forecast_time(time, unit, whole, relative)
        stages.append(
            StageForecast(
                name,
                unit,
                whole.units[unit],
                time,
                seconds + (listing_seconds if name == START_UP else 0.0),
                deviation,
                max(0.0, _seconds(first, name) - usual),
                disk.at(whole.units[disk_unit]),
                max(_memory(run, name) for run in (*repeated, largest))
                + _grow(name, many[CELLS], whole.units[CELLS], largest),
            )
        )
    return Forecast(tuple(stages), whole, relative)


def _grow(name: str, timed: float, cells: float, largest: MeasuredRun) -> float:
    """Return how much more memory a stage takes for all cells than for those that were timed."""
    if name in (START_UP, "segment"):
        return 0.0
    tables = TABLE_BYTES_PER_CELL * max(0.0, cells - timed)
    crops = largest.find(name)
    if name != "crops" or crops is None:
        return tables
    side = PRESETS[crops.settings.get("preset", "cell")].size
    most = _SHARDS_HELD * max(1, SHARD_TILES * TILE_SIZE**2 // side**2)
    held = max(0.0, min(cells, most) - min(timed, most))
    return tables + _TILE_COPIES * _TILE_PLANES * side**2 * held


def _seconds(run: MeasuredRun, name: str) -> float:
    if name == START_UP:
        return run.start_up
    stage = run.find(name)
    return stage.seconds if stage else 0.0


def _disk(run: MeasuredRun, name: str) -> float:
    stage = run.find(name)
    return stage.disk_bytes if stage else 0.0


def _memory(run: MeasuredRun, name: str) -> float:
    stage = run.find(name)
    return stage.memory_bytes if stage else 0.0

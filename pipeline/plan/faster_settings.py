"""Settings by which a run is shorter, those first that change the results least."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.errors import InputError
from pipeline.config.config import Config
from pipeline.plan.stage_run import MeasuredRun
from pipeline.steps.whole_run import Job
from stages.inspect.settings import InspectSettings
from stages.predict.settings import PredictSettings
from stages.segment.settings import SegmentSettings

AUTO, INT8 = "auto", "openvino-int8"
_FEWER_SHOWN = 100


@dataclass(frozen=True)
class FasterSetting:
    """Settings of one stage with which it may be faster.

    Attributes
    ----------
    stage
        The stage.
    option
        What to add to the command line.
    effect
        What changes in the results.
    values
        Settings, named ``section.name``.
    models
        Classifiers in place of the job's, if any.
    """

    stage: str
    option: str
    effect: str
    values: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[Path, ...] | None = None

    def __add__(self, other: "FasterSetting") -> "FasterSetting":
        """Return both together, of one stage."""
        return FasterSetting(
            self.stage,
            f"{self.option} {other.option}",
            f"{self.effect}; {other.effect}",
            {**self.values, **other.values},
            other.models or self.models,
        )


def list_faster(job: Job, config: Config, run: MeasuredRun) -> list[FasterSetting]:
    """List what may be faster than a run with its settings, as far as this machine has what it needs.

    Parameters
    ----------
    job, config
        The run.
    run
        What was measured of it, which shows what its settings stand for.
    """
    return [*_of_report(config, run), *_of_classifier(config, run), *_of_segmenter(job, config, run)]


def _of_report(config: Config, run: MeasuredRun) -> Iterator[FasterSetting]:
    settings = config.settings("inspect", InspectSettings)
    predict = run.find("predict")
    backbones = predict.details.get("backbones", []) if predict else []
    if settings.attention != "never" and any("subcell" in str(name) for name in backbones):
        yield _set("inspect", "inspect.attention", "never", "no pictures of attention in the report")
    if settings.max_fields > _FEWER_SHOWN:
        effect = f"the report shows {_FEWER_SHOWN} fields, evenly spread"
        yield _set("inspect", "inspect.max_fields", _FEWER_SHOWN, effect)


def _of_classifier(config: Config, run: MeasuredRun) -> Iterator[FasterSetting]:
    settings, predict = config.settings("predict", PredictSettings), run.find("predict")
    if predict is None:
        return
    if settings.runtime != AUTO:
        yield _set("predict", "predict.runtime", AUTO, "the same up to rounding")
    if settings.runtime != INT8 and _has_int8():
        yield _set("predict", "predict.runtime", INT8, "probabilities in 8 bits, a little less exact")
    if settings.test_time_augmentation is not False:
        effect = "each cell is seen once, not in eight symmetries"
        yield _set("predict", "predict.test_time_augmentation", False, effect)
    folders = [Path(folder) for folder in predict.details.get("classifiers", [])]
    if len(folders) > 1:
        effect = f"one of {len(folders)} classifiers, not the mean of all"
        yield FasterSetting("predict", f"--model {folders[0]}", effect, models=(folders[0],))


def _of_segmenter(job: Job, config: Config, run: MeasuredRun) -> Iterator[FasterSetting]:
    settings, segment = config.settings("segment", SegmentSettings), run.find("segment")
    name = str(segment.details.get("segmenter", "")) if segment else ""
    is_cellpose = name.startswith("cellpose")
    runs_network = not is_cellpose and any(network in name for network in ("dpn-unet", "lite"))
    if settings.runtime != AUTO and runs_network:
        yield _set("segment", "segment.runtime", AUTO, "the same masks up to rounding")
    if settings.runtime != INT8 and runs_network and _has_int8():
        yield _set("segment", "segment.runtime", INT8, "outlines differ by some pixels")
    if settings.labelling == "exact" and name.startswith(("dpn-unet", "cellpose")):
        yield _set("segment", "segment.labelling", "fast", "outlines differ by some pixels")
    if name.startswith(("dpn-unet", "hpacellseg", "cellpose")):
        yield _set(
            "segment", "segment.segmenter", "lite", "masks of a smaller network, see docs/lite-segmenter.md"
        )


def _set(stage: str, name: str, value: object, effect: str) -> FasterSetting:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return FasterSetting(stage, f"--set {name}={text}", effect, {name: value})


def _has_int8() -> bool:
    # Loads torch, for which a plan without a limit need not wait.
    from models.runtimes.names import resolve_runtime

    try:
        resolve_runtime(INT8)
    except InputError:
        return False
    return True

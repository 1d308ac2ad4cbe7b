"""The combine step: what it depends on, what it writes, and the call that runs it."""

import logging
from pathlib import Path

from data.errors import InputError
from data.file_hash import hash_file
from data.labels.label_set import read_label_set
from data.predictions.predictions_table import read_image_weight
from data.rules.idle_rules import find_idle
from pipeline.config.config import Config
from pipeline.config.rules_file import load_bundled_rules
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import find_given, hash_label_set
from pipeline.runs.manifest import read_manifest
from pipeline.runs.pixel_sizes import read_pixel_sizes
from pipeline.runs.requirements import require, require_cells
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.whole_fields import SEGMENTED
from stages.combine.settings import CombineSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")

DEFAULT_RULES = "simhpa19"
"""Name of the bundled rules that helped on validation."""

PREDICTIONS = "predictions"
"""Input, and detail, of a step that takes predictions from a file which the user named."""


def find_predictions(work: WorkFolder, predictions: Path | None, settings: CombineSettings) -> dict[str, str]:
    """Return what a submission of the work folder's predictions, or of those in a file, depends on.

    Raises
    ------
    InputError
        A table is missing or has changed since it was written.
    """
    if predictions is None:
        otherwise = f"use it as it is with --predictions {work.predictions}"
        dependencies = {"predict": require(work, "predict", work.predictions, otherwise=otherwise).output_key}
        require_cells(work)
    else:
        dependencies = {"crops": require_cells(work).output_key, PREDICTIONS: hash_file(predictions)}
    if settings.label_set is not None:
        dependencies |= hash_label_set(read_label_set(settings.label_set))
    return dependencies


def find_image_predictions(work: WorkFolder) -> Path:
    """Return the predictions table of whole fields in a work folder, having checked that it is whole.

    Raises
    ------
    InputError
        There is none, it was changed, or it is of other images than those that were segmented last.
    """
    fields = work.fields
    advice = (
        "run `hpacells predict --set predict.unit=field`, after a training with train.unit=field, or set "
        "combine.rules.image.statistic=mean"
    )
    if read_manifest(fields.manifest("predict")) is None:
        raise InputError(
            found="no predictions of whole fields",
            where=fields.predictions,
            expected="those of the images whose cells are combined, as combine.rules.image.statistic says",
            advice=advice,
        )
    require(fields, "predict", fields.predictions)
    cut, segmented = (read_manifest(path) for path in (fields.manifest("crops"), work.manifest("segment")))
    if cut is None or segmented is None or not cut.details.get(SEGMENTED):
        return fields.predictions
    if cut.inputs.get("images") != segmented.inputs.get("images"):
        raise InputError(
            found="predictions of fields as they were before they were segmented again",
            where=fields.predictions,
            expected="those of the images that were segmented last",
            advice=advice,
        )
    return fields.predictions


def read_sizes(work: WorkFolder) -> dict[str, float]:
    """Read the pixel size in um of each image of a work folder; none where it has no images table."""
    if not work.images.exists():
        return {}
    return read_pixel_sizes(work, read_manifest(work.manifest("segment")))


def choose_rules(predictions: Path, settings: CombineSettings) -> CombineSettings:
    """Return the settings with the default rules, where the user names none and the predictions suit them.

    They were chosen on predictions that have the mean of the image beside the cell, as those of classifiers
    trained with the default recipe. Others, such as those of SubCell, are written as they are.
    """
    if "rules" in settings.model_fields_set:
        return settings
    weight = read_image_weight(predictions)
    if not weight or weight >= 1:
        return settings
    log.info("combine: rules %s, the default for this classifier (--rules as-predicted: none)", DEFAULT_RULES)
    return settings.model_copy(update={"rules": load_bundled_rules(DEFAULT_RULES)})


def combine_step(
    work: WorkFolder,
    output: Path,
    predictions: Path | None,
    config: Config,
    label_set: str | None = None,
) -> Step:
    """Combine masks with the work folder's predictions, or with those in the file ``predictions``.

    Those in a file are written as they are, unless the settings name rules.

    A label set is that of the submission where the settings name none.
    """
    from stages.combine.paths import CombineInputs, CombineOutputs
    from stages.combine.run import run as combine

    settings = config.settings("combine", CombineSettings)
    if label_set is not None and settings.label_set is None:
        settings = settings.model_copy(update={"label_set": label_set})
    for name, need in find_idle(settings.rules):
        log.warning("combine: rules.%s changes nothing without %s", name, need)
    dependencies = find_predictions(work, predictions, settings)
    if predictions is None:
        settings = choose_rules(work.predictions, settings)
    images = None
    if settings.rules.image.statistic == "classifier":
        images = find_image_predictions(work)
        dependencies["image predictions"] = hash_file(images)
    uses_sizes = settings.rules.cells.size != "keep"
    inputs = CombineInputs(
        cells_path=work.cells,
        predictions_path=predictions or work.predictions,
        images_table_path=work.images,
        image_predictions_path=images,
        pixel_sizes_um=read_sizes(work) if uses_sizes else {},
    )

    def run(_: str, context: Context) -> StageReport:
        report = combine(inputs, CombineOutputs(output), settings, context)
        report.details["submission"] = hash_file(output)
        if predictions is not None:
            report.details[PREDICTIONS] = str(predictions.resolve())
        return report

    return Step(
        stage="combine",
        manifest=work.manifest("combine"),
        settings=settings,
        inputs=dependencies,
        outputs=(output,),
        run=run,
        given=find_given({PREDICTIONS: predictions}),
    )

"""Whole fields in place of cells: their work folder inside that of a run, and the step that fills it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from data.errors import InputError
from data.fields.fewer_channels.folder_channels import check_protein_and_nuclei, choose_channels
from data.fields.field import Field
from data.fields.image_settings import ImageSettings
from pipeline.config.config import Config
from pipeline.engines.torchrun import count_processes, is_follower
from pipeline.runs.execute import Step, execute, finished_manifest
from pipeline.runs.fingerprints import fingerprint_fields
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.images import list_fields, list_segmented
from stages.crops.settings import FieldCropsSettings
from stages.predict.settings import PredictSettings
from stages.stage import Context, StageReport

Unit = Literal["cell", "field"]

SEGMENTED = "segmented"
"""Detail of the fields that are those which the run had segmented."""

_WAIT_SECONDS = 0.2


def prepare_unit(
    work: WorkFolder, size: int | None, images: Path | None, config: Config, context: Context
) -> tuple[WorkFolder, list[Manifest]]:
    """Return the work folder of what is classified, with its tiles, and the manifest of what made them.

    Parameters
    ----------
    work
        The work folder of the run.
    size
        Side in px to which whole fields are resized; None for cells, for which there is nothing to do.
    images
        Folder of the fields; None for that which was segmented.
    config, context
        How the fields are found, and where they are read.

    Raises
    ------
    InputError
        The images are named, but are of no use; or they are not known, or lack the protein or the nuclei.
    """
    if size is None:
        _refuse_images(images, config)
        return work, []
    step = _fields_step(work, size, images, config)
    if count_processes() == 1:
        return work.fields, [execute(step, context)]
    # The first process makes the tiles, and all read them. What is done is not tried again for the sake of
    # fields that failed: another process may be reading it already.
    while (manifest := finished_manifest(step)) is None:
        if is_follower():
            time.sleep(_WAIT_SECONDS)
        else:
            execute(step, context)
    return work.fields, [manifest]


def find_unit(work: WorkFolder, models: Sequence[Path] | None, config: Config) -> int | None:
    """Return the side in px of the fields that are to be predicted; None where cells are.

    Parameters
    ----------
    work
        The work folder of the run.
    models
        The classifiers that predict; None for the work folder's own.
    config
        The configuration, which may name the unit.

    Raises
    ------
    InputError
        The classifiers are of another unit than the settings name, there is none of this, or none at all.
    """
    from models.classifiers.descriptions import names_published, read_descriptions
    from models.classifiers.tile_preset import find_field_px

    wanted = config.settings("predict", PredictSettings).unit
    if models:
        for model in models:
            if not names_published(model) and not read_descriptions(model):
                # Tells what is wrong with it.
                _refuse_nothing(model)
        size = find_field_px(models)
        unit: Unit = "cell" if size is None else "field"
        if wanted not in ("auto", unit):
            raise InputError(
                found=f"a classifier of {_name(unit)}",
                where=models[0],
                expected=f"one of {_name(wanted)}, since predict.unit = {wanted}",
                advice="leave the setting out, or give another --model",
            )
        return size
    trained, of_fields = (read_manifest(folder.manifest("train")) for folder in (work, work.fields))
    if wanted == "cell" or (wanted == "auto" and (trained is not None or of_fields is None)):
        return None
    size = find_field_px([work.fields.model]) if of_fields is not None else None
    if size is None:
        raise InputError(
            found="no classifier of whole fields",
            where=work.fields.model,
            expected="one that `hpacells train --set train.unit=field` wrote",
            advice="train one in this work folder first, or give one as --model",
        )
    return size


def _refuse_nothing(model: Path) -> None:
    from models.classifiers.ensemble.members import find_classifiers, read_members

    read_members(find_classifiers(model))


def _name(unit: str) -> str:
    return "whole fields" if unit == "field" else "cells"


def _refuse_images(images: Path | None, config: Config) -> None:
    named = sorted(config.settings("images", ImageSettings).model_fields_set)
    if images is None and not named:
        return
    raise InputError(
        found=f"--images {images}" if images is not None else f"images.{named[0]}",
        where="a classifier of cells",
        expected="images only where whole fields are classified: cells are read from their tiles",
        advice="leave it out",
    )


def _fields_step(work: WorkFolder, size: int, images: Path | None, config: Config) -> Step:
    """Make the step that resizes all fields of a folder, with a cells table in which each is one cell."""
    fields = _list_fields(work, images, config)
    segmented = read_manifest(work.manifest("segment")) if images is None else None
    chosen = "auto" if segmented is None else segmented.settings.get("channels", "auto")
    channels = choose_channels(fields, chosen, needs_nuclei=False)
    check_protein_and_nuclei(channels)
    settings = FieldCropsSettings(size=size)
    target = work.fields

    def run(key: str, context: Context) -> StageReport:
        from stages.crops.paths import CropsOutputs, FieldCropsInputs
        from stages.crops.run_fields import run as crops

        outputs = CropsOutputs(cells_path=target.cells, tiles_path=target.tiles)
        report = crops(FieldCropsInputs(fields, key, channels), outputs, settings, context)
        report.details[SEGMENTED] = images is None
        return report

    return Step(
        stage="crops",
        manifest=target.manifest("crops"),
        settings=settings,
        inputs={"images": fingerprint_fields(fields), "channels": ", ".join(channels)},
        outputs=(target.cells, target.tiles),
        run=run,
    )


def _list_fields(work: WorkFolder, images: Path | None, config: Config) -> list[Field]:
    if images is not None:
        return list_fields(images, config)
    if read_manifest(work.manifest("segment")) is None:
        raise InputError(
            found="no images, since none were segmented in this work folder",
            where=work.root,
            expected="the folder of the fields that are to be classified",
            advice="give it as --images",
        )
    return list_segmented(work, config)

"""The export step: what it depends on, what it writes, and the call that runs it."""

import json
import logging
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.file_hash import hash_file
from data.labels.label_set import read_label_set
from data.software.versions import find_version
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import hash_label_set
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.requirements import require, require_cells
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.provenance import collect_provenance
from stages.export.settings import ExportSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")

_FILE_NAMES = {"h5ad": "cells.h5ad", "subcellportable": "result.csv"}
_STAGES = ("segment", "crops", "train", "predict")
"""Stages whose settings are written into the file."""


def find_exported(work: WorkFolder, config: Config) -> Path:
    """Return the file that an export writes into the work folder."""
    return work.root / _FILE_NAMES[config.settings("export", ExportSettings).format]


def export_step(work: WorkFolder, output: Path | None, labels: Path | None, config: Config) -> Step:
    """Write the work folder's cells and predictions in the format of another program.

    Parameters
    ----------
    work
        The work folder.
    output
        The file; by default one in the work folder, named as the format has it.
    labels
        Label file of the images, or None.
    config
        Configuration.
    """
    from stages.export.paths import ExportInputs, ExportOutputs
    from stages.export.run import run as export

    settings = config.settings("export", ExportSettings)
    path = output or find_exported(work, config)
    predict = require(work, "predict", work.predictions)
    dependencies = {"predict": predict.output_key, "crops": require_cells(work).output_key}
    plane = _find_plane(work, predict) if settings.format == "h5ad" else None
    if plane is not None:
        dependencies["features"] = plane.output_key
    if labels is not None:
        dependencies["labels"] = hash_file(labels)
    if settings.label_set is not None:
        dependencies |= hash_label_set(read_label_set(settings.label_set))

    def run(_: str, context: Context) -> StageReport:
        inputs = ExportInputs(
            cells_path=work.cells,
            images_table_path=work.images,
            predictions_path=work.predictions,
            labels_path=labels,
            plane_path=None if plane is None else work.features / "embedding.csv",
            plane_method="" if plane is None else str(plane.settings.get("method", "")),
            facts=_collect_facts(work, predict),
        )
        report = export(inputs, ExportOutputs(path), settings, context)
        if labels is not None:
            report.details["labels"] = str(labels.resolve())
        return report

    return Step(
        stage="export",
        manifest=work.manifest("export"),
        settings=settings,
        inputs=dependencies,
        outputs=(path,),
        run=run,
    )


def _collect_facts(work: WorkFolder, predict: Manifest) -> dict[str, Any]:
    """Return what is known of how the predictions were made; settings are JSON, since they may be None."""
    records = {record.stage: record for record in collect_provenance(work).stages}
    known = [stage for stage in _STAGES if stage in records]
    classifiers = [source for source in records["predict"].sources if source.role == "classifier"]
    return {
        "version": find_version("hpacells"),
        "predicted": predict.finished,
        "settings": {stage: json.dumps(dict(records[stage].settings)) for stage in known},
        "versions": {stage: json.dumps(dict(records[stage].versions)) for stage in known},
        "weights": {
            "fingerprint": predict.inputs.get("model", ""),
            "classifiers": [Path(source.path).parent.name for source in classifiers],
            "sha256": [source.sha256 for source in classifiers],
        },
    }


def _find_plane(work: WorkFolder, predict: Manifest) -> Manifest | None:
    """Return the manifest of the features stage where its plane is that of the classifier that predicted."""
    found = read_manifest(work.manifest("features"))
    if found is None:
        return None
    try:
        features = require(work, "features", work.features)
    except InputError as error:
        log.warning("export: without the plane of features: %s", error)
        return None
    by = "train" if "train" in features.inputs else "model"
    if features.inputs.get(by) != predict.inputs.get(by):
        log.warning(
            "export: without the plane of features, which is of another classifier than the predictions"
        )
        return None
    return features

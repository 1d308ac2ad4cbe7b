"""The export step: what it depends on, what it writes, and the call that runs it."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.export.whole_store import remove_store
from data.fields.field import Field
from data.fields.images_table import read_images
from data.labels.label_set import read_label_set
from data.software.versions import find_version
from data.storage.images import locate_images
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import find_given, fingerprint_fields, fingerprint_given, hash_label_set
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.outputs.stamps import MISSING, is_unchanged
from pipeline.runs.outputs.written_files import list_written
from pipeline.runs.requirements import require, require_cells
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.images import list_segmented
from pipeline.steps.provenance import collect_provenance
from stages.export.formats import FORMATS
from stages.export.settings import ExportSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")

_FOLDER = "export"
"""Folder in the work folder for formats of many files."""

_STAGES = ("segment", "crops", "train", "predict")
"""Stages whose settings are written into the file."""


def find_exported(work: WorkFolder, config: Config, output: Path | None = None) -> Path:
    """Return the path that an export writes, or the folder of many.

    Parameters
    ----------
    work
        The work folder.
    config
        Configuration, which has the format.
    output
        A folder, or the file itself where the name ends as the format's does; None: in the work folder.
    """
    written = FORMATS[config.settings("export", ExportSettings).format]
    if not written.is_one_path:
        return output or work.root / _FOLDER
    name = written.file_names[0]
    if output is None:
        return work.root / name
    # A folder may have a dot in its name, and a store of an earlier run is a folder.
    is_named = output.suffix and not output.is_dir()
    if written.is_folder:
        is_named = output.suffix == Path(name).suffix
    return output if is_named else output / name


def export_step(
    work: WorkFolder,
    output: Path | None,
    labels: Path | None,
    config: Config,
    fields: Sequence[Field] | None = None,
) -> Step:
    """Write the work folder's cells and predictions in the format of another program.

    Parameters
    ----------
    work
        The work folder.
    output
        Folder of the files, or the file itself where there is one; by default in the work folder.
    labels
        Label file of the images, or None.
    config
        Configuration.
    fields
        The fields that were segmented; by default they are found again where the format needs them.
    """
    from stages.export.paths import ExportInputs, ExportOutputs
    from stages.export.run import run as export

    settings = config.settings("export", ExportSettings)
    written = FORMATS[settings.format]
    path = find_exported(work, config, output)
    predict = require(work, "predict", work.predictions)
    dependencies = {"predict": predict.output_key, "crops": require_cells(work).output_key}
    segmented = _require_fields(work, settings.format) if written.sees_fields else None
    seen: Sequence[Field] = ()
    if segmented is not None:
        seen = _list_fields(work, config, fields)
        dependencies |= {"segment": segmented.output_key, "images": fingerprint_fields(seen)}
    plane = _find_plane(work, predict) if settings.format == "h5ad" else None
    if plane is not None:
        dependencies["features"] = plane.output_key
    given = find_given({"labels": labels})
    dependencies |= fingerprint_given(given)
    if settings.label_set is not None:
        dependencies |= hash_label_set(read_label_set(settings.label_set))

    manifest = work.manifest(f"export-{settings.format}")
    outputs = (path,) if written.is_one_path else written.list_paths(path, _list_ids(work))
    gone = () if written.is_one_path else _find_gone(manifest, path, outputs)

    def run(key: str, context: Context) -> StageReport:
        _remove(gone)
        _tell_left(manifest, path, outputs, settings.format)
        inputs = ExportInputs(
            cells_path=work.cells,
            images_table_path=work.images,
            predictions_path=work.predictions,
            fields=seen,
            images_dir=None if segmented is None else locate_images(segmented.details["images"]),
            masks_dir=None if segmented is None else work.masks,
            tiles_path=work.tiles,
            labels_path=labels,
            plane_path=None if plane is None else work.features / "embedding.csv",
            plane_method="" if plane is None else str(plane.settings.get("method", "")),
            facts=_collect_facts(work, predict),
            key=key,
        )
        report = export(inputs, ExportOutputs(path), settings, context)
        report.details["format"] = settings.format
        if labels is not None:
            report.details["labels"] = str(labels.resolve())
        return report

    return Step(
        stage="export",
        # One of each format, so that they are written side by side.
        manifest=manifest,
        settings=settings,
        inputs=dependencies,
        outputs=outputs,
        run=run,
        writes_folders=written.is_folder,
        given=given,
    )


def _find_gone(manifest: Path, folder: Path, outputs: Sequence[Path]) -> Sequence[Path]:
    """Find the unchanged files that an earlier export wrote of fields that are gone."""
    earlier, current = read_manifest(manifest), {path.absolute() for path in outputs}
    stamps = {} if earlier is None else earlier.outputs
    found = ((manifest.parent / name, stamp) for name, stamp in stamps.items() if stamp != MISSING)
    return [
        path
        for path, stamp in found
        if path.parent.absolute() == folder.absolute()
        and path.absolute() not in current
        and path.exists()
        and is_unchanged(path, stamp)
    ]


def _remove(gone: Sequence[Path]) -> None:
    for path in gone:
        if path.is_dir():
            remove_store(path)
        else:
            path.unlink(missing_ok=True)
    if gone:
        log.warning(
            "export: removed the files of %d fields that are not segmented any more, such as %s",
            len(gone),
            gone[0],
        )


def _tell_left(manifest: Path, folder: Path, outputs: Sequence[Path], format_name: str) -> None:
    """Warn of files of fields that are gone and that nobody can tell from changed ones.

    Such are those of an export that was killed, which left no manifest, and those that were changed.
    """
    current, written = {path.name for path in outputs}, FORMATS[format_name]
    left = [
        path
        for path in list_written("export", manifest.parent, folder)
        if written.is_of_field(path.name) and path.name not in current
    ]
    if left:
        log.warning(
            "export: files of %d fields that are not segmented any more are left, such as %s: an export was "
            "interrupted, or they were changed since; remove them unless they are wanted",
            len(left),
            left[0],
        )


def _require_fields(work: WorkFolder, format_name: str) -> Manifest:
    """Return the manifest of the segmentation; an error where the cells came without fields."""
    crops = read_manifest(work.manifest("crops"))
    if crops is not None and "index" in crops.inputs:
        raise InputError(
            found="cells that came as pre-cropped tiles, without fields",
            where=work.root,
            expected=f"segmented fields, whose masks {format_name} holds",
            advice="export with --format h5ad",
        )
    return require(work, "segment", work.masks)


def _list_fields(work: WorkFolder, config: Config, fields: Sequence[Field] | None) -> Sequence[Field]:
    """Return the fields that have masks, in the order of the images table.

    One whose image is not there any more has no files, and a fault that says so.
    """
    found = {field.image_id: field for field in (list_segmented(work, config) if fields is None else fields)}
    folder = locate_images(require(work, "segment").details["images"])
    return [found.get(image_id) or _missing_field(image_id, folder) for image_id in _list_ids(work)]


def _missing_field(image_id: str, folder: Path) -> Field:
    fault = InputError(
        found=f"no image of the segmented field {image_id}",
        where=folder,
        expected="the images that were segmented",
        advice="put it back, or run `hpacells segment` on the folder as it is now",
    )
    return Field(image_id, {}, fault=fault)


def _list_ids(work: WorkFolder) -> list[str]:
    """Return the IDs of all segmented fields."""
    return [str(image_id) for image_id in read_images(work.images)["image_id"]]


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

"""The crops step: what it depends on, what it writes, and the call that runs it."""

from pathlib import Path

from data.errors import InputError
from data.fields.field import find_fields
from data.labels.label_set import read_label_set
from pipeline.config.config import Config
from pipeline.runs.execute import Step, require
from pipeline.runs.fingerprints import fingerprint_fields, hash_label_set
from pipeline.runs.manifest import hash_file, hash_json
from pipeline.runs.work_folder import WorkFolder


def crops_step(work: WorkFolder, images: Path, config: Config) -> Step:
    """Cut the segmented cells of the folder ``images`` to tiles."""
    from stages.crops import run as crops

    settings = config.settings("crops", crops.CropsSettings)
    segmented = require(work, "segment")
    pixel_size_um = segmented.settings["pixel_size_um"]
    return Step(
        stage="crops",
        manifest=work.manifest("crops"),
        settings=settings,
        inputs={"segment": segmented.output_key, "images": fingerprint_fields(find_fields(images))},
        outputs=(work.cells, work.tiles),
        run=lambda key, context: crops.run(
            images, work.masks, work.cells, work.tiles, key, settings, context, pixel_size_um=pixel_size_um
        ),
    )


def any_crops_step(work: WorkFolder, images: Path | None, index: Path | None, config: Config) -> Step:
    """Cut the cells of the fields in ``images``, or take those of ``index``: just one of them is given."""
    if images is not None and index is None:
        return crops_step(work, images, config)
    if index is not None and images is None:
        return precropped_step(work, index, config)
    raise InputError(
        found="neither images nor --from" if index is None else "both images and --from",
        where="crops",
        expected="the folder of the segmented fields, or --from and an index of cells",
        advice="see `hpacells crops --help`",
    )


def precropped_step(work: WorkFolder, index: Path, config: Config) -> Step:
    """Take the cells of an index file, which are pre-cropped, in place of segmented ones."""
    from data.cells.precropped_index import fingerprint_cells, read_index
    from stages.crops import run_precropped as cut_cells

    settings = config.settings("crops", cut_cells.PrecroppedSettings)
    label_set = read_label_set(settings.label_set)
    cells = read_index(index, label_set)
    outputs = work.cells, work.images, work.tiles
    labels = work.root / "labels.csv"
    return Step(
        stage="crops",
        manifest=work.manifest("crops"),
        settings=settings,
        inputs={"index": hash_file(index), "files": hash_json(fingerprint_cells(cells))}
        | hash_label_set(label_set),
        outputs=(*outputs, labels) if any(cell.labels for cell in cells) else outputs,
        run=lambda key, context: cut_cells.run(cells, *outputs, labels, key, settings, context),
    )

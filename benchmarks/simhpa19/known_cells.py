"""The cells of a simulated part, cut by their known masks, and their true labels."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import measure_cells, read_cells, write_cells
from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.labels.label_file import NUM_CLASSES, write_labels
from data.masks.label_image import read_label_image
from data.predictions.submission import read_submission
from pipeline.runs.execute import Step, execute
from pipeline.runs.fingerprints import fingerprint_fields
from pipeline.runs.manifest import Manifest, hash_json
from pipeline.runs.work_folder import WorkFolder
from stages.crops.paths import CropsInputs, CropsOutputs
from stages.crops.run import run as crops
from stages.crops.settings import CropsSettings
from stages.stage import Context, StageReport


def cut_known_cells(part: Path, work: WorkFolder, context: Context) -> Manifest:
    """Cut the cells of a part, a folder that ``hpacells simulate`` wrote, to tiles, unless that is done.

    Parameters
    ----------
    part
        Fields, and ``masks/<ID>_cells.png`` and ``_nuclei.png``; nothing else there is read.
    work
        Where the tiles and the cells table go.
    """
    fields = find_fields(part)
    settings = CropsSettings.model_validate({})
    masks = part / "masks"

    def run(key: str, context: Context) -> StageReport:
        measured = context.map(measure, fields, description="cells", total=len(fields))
        tables = []
        for _, table in measured:
            if isinstance(table, Exception):
                raise table
            tables.append(table)
        write_cells(work.cells, pd.concat(tables, ignore_index=True))
        inputs = CropsInputs(fields, part, masks, work.cells, key)
        return crops(inputs, CropsOutputs(work.cells, work.tiles), settings, context)

    def measure(field: Field) -> pd.DataFrame:
        nuclei, cells = (
            read_label_image(masks / f"{field.image_id}_{what}.png") for what in ("nuclei", "cells")
        )
        return measure_cells(field.image_id, nuclei, cells)

    stats = [
        (path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(masks.glob("*.png"))
    ]
    step = Step(
        stage="crops",
        manifest=work.manifest("crops"),
        settings=settings,
        inputs={"images": fingerprint_fields(fields), "masks": hash_json(stats)},
        outputs=(work.cells, work.tiles),
        run=run,
    )
    return execute(step, context)


def label_each_cell(truth: Path, work: WorkFolder, output: Path) -> tuple[Path, Path]:
    """Make of every cell an image of its own with its true labels, as its field's need not be its own.

    Parameters
    ----------
    truth
        ``truth.csv`` of the part.
    work
        Where its cells were cut.
    output
        Folder for the two files.

    Returns
    -------
    cells, labels
        A cells table with the same rows, whose groups are the fields, and a label file.
    """
    table = read_cells(work.cells)
    targets = read_true_labels(truth, table)
    table["group"], table["image_hash"] = table["image_id"], ""
    table["image_id"] = [f"{row.image_id}-{row.cell_id}" for row in table.itertuples()]
    cells, labels = output / "each_cell.parquet", output / "each_cell.csv"
    write_cells(cells, table)
    write_labels(
        labels,
        {name: np.flatnonzero(row).tolist() for name, row in zip(table["image_id"], targets, strict=True)},
    )
    return cells, labels


def read_true_labels(truth: Path, cells: pd.DataFrame) -> NDArray[np.bool_]:
    """Read the true classes of the cells of a table, (n, 19) bool.

    A cell is known by its mask string, which is the same in both where the masks are.

    Parameters
    ----------
    truth
        ``truth.csv`` of the part.
    cells
        Rows of the part's cells table, with ``image_id`` and ``rle``.

    Raises
    ------
    InputError
        A cell is not in the truth.
    """
    submission = read_submission(truth)
    names = submission.images["image_id"].to_numpy()
    triples = submission.triples
    keys = zip(names[triples["image"]], (submission.masks[mask] for mask in triples["mask"]), strict=True)
    known: dict[tuple[str, str], list[int]] = {}
    for key, label in zip(keys, triples["label"].tolist(), strict=True):
        known.setdefault(key, []).append(label)
    targets = np.zeros((len(cells), NUM_CLASSES), bool)
    for row, key in enumerate(zip(cells["image_id"], cells["rle"], strict=True)):
        if key not in known:
            raise InputError(
                found=f"no truth for a cell of image {key[0]}",
                where=truth,
                expected="every cell's mask string",
                advice="simulate the part anew",
            )
        targets[row, known[key]] = True
    return targets

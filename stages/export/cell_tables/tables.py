"""Tables of images and of proteins: what their cells say together, and in which classes they differ."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.fields.images_table import read_images
from data.labels.label_file import read_proteins
from data.predictions.stored_predictions import StoredPredictions
from data.tables.csv_file import write_csv_parts
from data.variability.class_summary import join_mixing
from data.variability.many_tests import adjust_p_values
from stages.export.cell_tables.summarised_cells import (
    Membership,
    SummarisedCells,
    find_membership,
    name_where,
    stack,
    summarise_cells,
)
from stages.export.cells.cell_parts import open_cells
from stages.export.image_annotations import read_image_annotations
from stages.export.paths import ExportInputs
from stages.export.settings import ExportSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")

IMAGES, IMAGE_CLASSES = "image_summary", "image_classes"
PROTEINS, PROTEIN_CLASSES = "protein_summary", "protein_classes"

_ROWS = 65_536
"""Rows of a table by class that are put together at a time."""

_MAJORITY = 0.5


@dataclass(frozen=True)
class _Level:
    """Images or proteins, and what is written of them.

    Attributes
    ----------
    key
        Name of the first column.
    known
        One row per group: its name and what is known of it besides its classes.
    summary
        The classes.
    differs
        (classes, m) where the cells of one image differ.
    q_values
        (classes, m).
    more
        Further columns by class, (classes, m).
    """

    key: str
    known: pd.DataFrame
    summary: SummarisedCells
    differs: NDArray[np.bool_]
    q_values: NDArray[np.float64]
    more: Mapping[str, NDArray[Any]]


def write_tables(inputs: ExportInputs, path: Path, settings: ExportSettings, context: Context) -> StageReport:
    """Write one row per image and one per protein, and of each one row per class: as Parquet and as CSV.

    Raises
    ------
    InputError
        As `run` says.
    """
    predictions = StoredPredictions(inputs.predictions_path)
    names = predictions.class_names
    cells = open_cells(inputs, predictions, unpredicted=False)
    images = read_images(inputs.images_table_path)
    known = read_image_annotations(inputs, images["image_id"], names, settings.label_set)
    protein_of = {} if inputs.labels_path is None else read_proteins(inputs.labels_path)
    membership = find_membership(cells, images["image_id"], protein_of)
    path.mkdir(parents=True, exist_ok=True)
    with context.track("export", cells.predicted) as advance:
        by_image, by_protein = summarise_cells(predictions, cells, membership, path, advance)
    levels = _describe(membership, images, known, by_image, by_protein, settings.false_discoveries)
    for level, (summary, classes) in zip(
        levels, ((IMAGES, IMAGE_CLASSES), (PROTEINS, PROTEIN_CLASSES)), strict=True
    ):
        _write(path, summary, iter([_tabulate_groups(level, names)]))
        _write(path, classes, _tabulate_classes(level, names))
    tested = int(np.isfinite(by_image.p_values).sum())
    _tell(membership, by_image, tested)
    return StageReport(
        counts={
            "images": len(membership.images),
            "proteins": len(membership.proteins),
            "cells": int(by_image.sizes.sum()),
            "images whose cells differ": int(levels[0].differs.any(axis=0).sum()),
        },
        details={"format": "tables", "tests": tested, "false discoveries": settings.false_discoveries},
    )


def _describe(
    membership: Membership,
    images: pd.DataFrame,
    known: pd.DataFrame,
    by_image: SummarisedCells,
    by_protein: SummarisedCells,
    false_discoveries: float,
) -> tuple[_Level, _Level]:
    q_values = adjust_p_values(by_image.p_values)
    called = stack(by_image.classes, "called")
    # What matters to nobody may be significant: the class also has to be called in some cells alone.
    differs = (q_values <= false_discoveries) & (called > 0) & (called < by_image.sizes)
    described = known.reindex(list(membership.images)).fillna("").reset_index(drop=True)
    cells = images.set_index("image_id")["cells"].reindex(list(membership.images))
    first = pd.DataFrame({"image_id": list(membership.images)})
    counted = pd.DataFrame({"cells": cells.fillna(0).to_numpy(np.int64), "cells_used": by_image.sizes})
    of_images = pd.concat([first, described, counted], axis=1)
    images_differ = _count_by_protein(differs, membership)
    q_of_proteins = adjust_p_values(by_protein.p_values)
    return (
        _Level("image_id", of_images, by_image, differs, q_values, {}),
        _Level(
            "protein",
            _describe_proteins(membership, described, by_image, by_protein),
            by_protein,
            (q_of_proteins <= false_discoveries) & (images_differ > 0),
            q_of_proteins,
            {"images_that_differ": images_differ},
        ),
    )


def _count_by_protein(marks: NDArray[np.bool_], membership: Membership) -> NDArray[np.int64]:
    """Return how many images of each protein are marked, (classes, proteins)."""
    has = membership.of_images >= 0
    counted = np.zeros((len(marks), len(membership.proteins)), np.int64)
    for label, row in enumerate(marks):
        counted[label] = np.bincount(membership.of_images[has & row], minlength=len(membership.proteins))
    return counted


def _describe_proteins(
    membership: Membership, images: pd.DataFrame, by_image: SummarisedCells, by_protein: SummarisedCells
) -> pd.DataFrame:
    """Return one row per protein: what the label file says of its images, each text once, joined by ``;``."""
    has = membership.of_images >= 0
    columns: dict[str, Any] = {"protein": list(membership.proteins)}
    grouped = images[has].groupby(membership.of_images[has])
    for name in images.columns:
        if name not in ("protein", "image_labels"):
            joined = grouped[name].agg(lambda texts: ";".join(dict.fromkeys(filter(None, texts))))
            columns[name] = joined.reindex(range(len(membership.proteins))).to_numpy(object)
    of_proteins = len(membership.proteins)
    columns["images"] = np.bincount(membership.of_images[has], minlength=of_proteins)
    with_cells = has & (by_image.sizes > 0)
    columns["images_with_cells"] = np.bincount(membership.of_images[with_cells], minlength=of_proteins)
    return pd.DataFrame(columns | {"cells_used": by_protein.sizes})


def _tabulate_groups(level: _Level, names: tuple[str, ...]) -> pd.DataFrame:
    """Return one row per image or protein."""
    summary = level.summary
    called = stack(summary.classes, "called")
    table = level.known.copy()
    table["union_classes"] = name_where(called > 0, names)
    table["majority_classes"] = name_where((called > 0) & (called >= _MAJORITY * summary.sizes), names)
    table["differing_classes"] = name_where(level.differs, names)
    table["classes_tested"] = np.isfinite(summary.p_values).sum(axis=0)
    table["variability"] = join_mixing(summary.classes)
    return table


def _tabulate_classes(level: _Level, names: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    """Yield the rows by class, all classes of an image or protein after one another."""
    count, groups = len(names), len(level.known)
    values: dict[str, NDArray[Any]] = {
        name: stack(level.summary.classes, name)
        for name in ("union", "mean", "median", "sd", "called", "mixing")
    }
    values |= level.more
    values |= {"p_value": level.summary.p_values, "q_value": level.q_values, "differs": level.differs}
    step = max(1, _ROWS // count)
    for start in range(0, max(groups, 1), step):
        part = slice(start, min(start + step, groups))
        size = part.stop - part.start
        keys = np.repeat(level.known[level.key].to_numpy(object)[part], count)
        yield pd.DataFrame(
            {
                level.key: keys,
                "class": np.tile(np.arange(count), size),
                "name": np.tile(np.array(names, object), size),
                "cells_used": np.repeat(level.summary.sizes[part], count),
                **{name: array[:, part].T.ravel() for name, array in values.items()},
            }
        )


def _write(folder: Path, name: str, parts: Iterator[pd.DataFrame]) -> None:
    """Write a table twice, part by part: as Parquet, and as CSV for spreadsheets."""
    with ExitStack() as files:
        parquet = files.enter_context(atomic_write(folder / f"{name}.parquet"))
        append = files.enter_context(write_csv_parts(folder / f"{name}.csv", float_format="%.6g"))
        writer: pq.ParquetWriter | None = None
        for part in parts:
            table = pa.Table.from_pandas(_type_texts(part), preserve_index=False)
            if writer is None:
                writer = files.enter_context(pq.ParquetWriter(parquet, table.schema, compression="zstd"))
            writer.write_table(table)
            append(part)


def _type_texts(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns of objects are of text, also where there is no row."""
    texts: Sequence[str] = [name for name in table.columns if table[name].dtype == object]
    return table.astype(dict.fromkeys(texts, "string"))


def _tell(membership: Membership, by_image: SummarisedCells, tested: int) -> None:
    if not membership.proteins:
        log.warning(
            "export: no protein is known, so that the tables of proteins have no row: give --labels a label "
            "file with a column Protein, Gene or Antibody"
        )
    unknown = int((membership.of_images < 0).sum())
    if membership.proteins and unknown:
        log.warning("export: the protein of %d images is not known; they are in no protein's row", unknown)
    possible = by_image.p_values.size
    if tested < possible:
        log.info(
            "export: of %d images and classes %d were not tested for cells that differ: fewer than 5 cells, "
            "or fewer than 20 comparable images",
            possible,
            possible - tested,
        )

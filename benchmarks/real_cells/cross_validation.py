"""A recipe on labelled real cells: cross-validated, cells of a mosaic together.

No fold's held-out cells play a part in its training, not even to choose an epoch: each fold is trained on the
labels of the other folds alone, to the last epoch, and then predicts its own.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.recipes.training import predict_cells, train_recipe
from benchmarks.simhpa19.arms import Part
from benchmarks.simhpa19.reality import Verdict, evaluate_cells
from data.errors import InputError
from data.labels.folds import hold_out
from data.labels.image_values import read_image_labels
from data.labels.label_file import write_labels
from data.labels.label_set import HPA2021
from data.training.selection import select_training_set
from data.training.training_cells import read_training_cells
from pipeline.config.config import Config
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.crops import precropped_step
from stages.stage import Context
from stages.train.settings import TrainSettings

FOLDS = 5
_SEED = 1

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class RealCells:
    """Labelled pre-cropped cells, and their folds.

    Attributes
    ----------
    part
        Their label file, work folder and manifest.
    image_ids
        (n,) of the kept cells, in the order of the cells table; each is an image of its own.
    labels
        Image ID -> class number.
    held_out
        Of each fold, the cells that are held out.
    """

    part: Part
    image_ids: NDArray[np.str_]
    labels: dict[str, int]
    held_out: list[set[str]]

    def write_folds(self, root: Path) -> Iterator[tuple[Path, set[str], NDArray[np.bool_]]]:
        """Write the labels of all folds but one, ``labels.csv`` in a folder of its own, for each with cells.

        Yields
        ------
        Path, set, ndarray
            The folder, the cells that are held out, and where they are in the cells table, (n,) bool.
        """
        for fold, held_out in enumerate(self.held_out):
            if not held_out:
                continue
            log.info("fold %d of %d: %d cells held out", fold + 1, len(self.held_out), len(held_out))
            folder = root / f"fold-{fold}"
            folder.mkdir(parents=True, exist_ok=True)
            kept = {name: (label,) for name, label in self.labels.items() if name not in held_out}
            write_labels(folder / "labels.csv", kept)
            yield folder, held_out, np.isin(self.image_ids, sorted(held_out))


def prepare_cells(cells: Path, work: WorkFolder, context: Context) -> RealCells:
    """Read the cells of a folder with ``index.csv`` and share them out to folds, the same for every recipe.

    Cells of a mosaic, and near duplicates, stay together. A class that only one of these groups shows is
    never held out.

    Raises
    ------
    InputError
        The index tells no labels.
    """
    cut = execute(precropped_step(work, cells / "index.csv", Config({}, "defaults")), context)
    label_file = work.root / "labels.csv"
    if not label_file.is_file():
        raise InputError(found="no labels", where=cells / "index.csv", expected="a column label")
    table = read_training_cells(work.cells)
    chosen = select_training_set(table, read_image_labels(label_file, HPA2021), "single", where=label_file)
    names = np.array(chosen.image_names)
    held_out = [
        set(names[hold_out(chosen.shown, chosen.groups, FOLDS, fold, _SEED)].tolist())
        for fold in range(FOLDS)
    ]
    return RealCells(
        part=Part(label_file, work, cut),
        image_ids=np.array(table.image_ids[table.kept].tolist()),
        labels=dict(zip(names.tolist(), chosen.shown.argmax(axis=1).tolist(), strict=True)),
        held_out=held_out,
    )


def cross_validate(folder: Path, settings: TrainSettings, real: RealCells, context: Context) -> Verdict:
    """Train on the cells of all folds but one, predict that one, and judge all predictions together.

    Of each cell the likeliest of the classes that any cell has counts.

    Parameters
    ----------
    folder
        Gets a folder for each fold, with its model.
    settings
        Must hold out nothing by themselves (``split.folds = 0``).
    real
        The cells and their folds.
    context
        Where the work runs.
    """
    predicted, truth = [], []
    for place, _, asked in real.write_folds(folder):
        train_recipe(place, settings, place / "labels.csv", real.part, context)
        probabilities = predict_cells(place / "model", real.part, place / "predictions.parquet", context)
        predicted.append(probabilities[asked])
        truth += [real.labels[name] for name in real.image_ids[asked].tolist()]
    return evaluate_cells(np.concatenate(predicted), np.array(truth))

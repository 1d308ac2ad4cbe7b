"""What a training starts with, where the labels were softened."""

from pathlib import Path

import numpy as np
import torch

from models.training.distributed import ALONE
from stages.train.cells.selection import read_labelled_cells
from stages.train.paths import TrainInputs
from stages.train.preparation import FoldCells, FoldSetup, set_up_fold
from stages.train.settings import TrainSettings

IMAGES = {f"image{number}": (int(number > 3),) for number in range(5)}
NEGATIVE = 18


def prepare(folder, settings: TrainSettings, softened: np.ndarray | None) -> FoldSetup:
    labelled = read_labelled_cells(TrainInputs(folder.tiles, folder.cells, folder.labels), settings)
    training_set = labelled.select(settings)
    cells = FoldCells(labelled.store, training_set, np.zeros(len(training_set.rows), bool), softened)
    return set_up_fold(cells, settings, torch.device("cpu"), ALONE)


def test_labels_as_given_decide_how_often_a_softened_cell_comes(
    make_tiles, tiny: TrainSettings, changed, tmp_path: Path
) -> None:
    folder = make_tiles(IMAGES)
    settings = changed(tiny, data={"min_cells_per_class": 9, "synthetic_negative_fraction": 0.2})
    plain = prepare(folder, settings, None)
    random = np.random.default_rng(1)
    softened = random.dirichlet(np.ones(19), 15).astype(np.float32)
    soft = prepare(folder, settings, softened)
    # 12 cells of one class and 3 of the other, 6 repetitions, and 3 made negatives.
    assert len(soft.data.targets) == len(plain.data.targets) == 24
    np.testing.assert_array_equal(soft.data.targets[:15], softened)
    for repeated in soft.data.targets[15:21]:
        assert (softened[12:] == repeated).all(axis=1).any()
    np.testing.assert_array_equal(soft.data.targets[21:], np.eye(19)[[NEGATIVE] * 3])
    assert soft.absent_classes == plain.absent_classes
    assert len(soft.absent_classes) == 16
    assert soft.key != plain.key

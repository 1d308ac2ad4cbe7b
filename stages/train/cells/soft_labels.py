"""Labels of a second round: those of the images, softened by the out-of-fold predictions of the first."""

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.predictions.predictions_table import read_class_names
from data.training.matched_predictions import match_probabilities
from data.training.pseudo_labels import check_classes, soften_targets
from data.training.training_set import TrainingSet
from models.losses.settings import output_of
from stages.train.settings import TrainSettings

log = logging.getLogger("hpacells")


def soften(training_set: TrainingSet, soft: Path, settings: TrainSettings) -> NDArray[np.float32]:
    """Mix out-of-fold predictions into the targets, (n, classes), and tell of how many cells.

    Corrected cells keep their own labels.

    Raises
    ------
    InputError
        The file is no predictions table, or one of other classes or of none of the cells.
    """
    class_names = read_class_names(soft)
    check_classes(class_names, training_set.class_names)
    known = match_probabilities(soft, training_set.image_ids, training_set.cell_ids)
    known = np.where(training_set.corrected[:, None], np.nan, known)
    softened = np.all(np.isfinite(known), axis=1)
    several = training_set.targets.sum(axis=1) > 1
    log.info(
        "softened labels: %d cells of images with one label, %d of images with several; %d cells keep theirs",
        int((softened & ~several).sum()),
        int((softened & several).sum()),
        int((~softened).sum()),
    )
    single = output_of(settings.loss) == "single-label"
    targets = training_set.targets.astype(np.float32)
    return soften_targets(targets, known, single_label=single, weight=settings.soft_weight)

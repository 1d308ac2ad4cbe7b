"""The training of a head alone, on features that are computed once."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.classifiers.feature_classifier import FeatureClassifier
from models.training.averaging.weight_interpolation import WeightInterpolation
from stages.stage import Context
from stages.train.frozen_features import FrozenFeatures
from stages.train.preparation import FoldSetup, HeadSetup


def set_up_head(
    setup: FoldSetup, features: FrozenFeatures, unused: NDArray[np.integer], context: Context
) -> FoldSetup:
    """Compute the features of all cells of a training, and return it with the head in the classifier's place.

    Parameters
    ----------
    setup
        The training of the whole classifier; all processes call this together.
    features
        Those that are there already.
    unused
        Rows of the cells that are neither trained on nor held out, but predicted.
    context
        Shows progress.

    Raises
    ------
    InputError
        The memory is too small for the backbone and one tile.
    """
    settings, processes = setup.settings, setup.processes
    cells, items = setup.cells, setup.items
    all_rows = cells.training_set.rows
    held_out = all_rows[cells.held_out]
    # Predicted by the whole classifier, for each symmetry.
    predicted = np.zeros(0, np.intp) if settings.test_time_augmentation else unused
    setup.classifier.backbone.freeze(settings.backbone.frozen)
    rows = np.concatenate([all_rows[cells.trained[items.cells]], held_out, predicted])
    gains = np.concatenate([items.protein_gain, np.ones(len(held_out) + len(predicted))])
    whole = features.make_loader(setup, rows, context, gains)
    trained, validated, others = np.split(np.arange(len(rows)), np.cumsum([len(items.cells), len(held_out)]))
    classifier = FeatureClassifier(setup.classifier)
    data = replace(
        setup.data,
        loader=whole.select(trained),
        validation_loader=whole.select(processes.part(validated)),
    )
    interpolation = setup.interpolation
    if interpolation is not None:
        interpolation = WeightInterpolation(classifier, settings.initial_weight_fraction)
    return replace(
        setup,
        augmentation=None,
        interpolation=interpolation,
        # Its checkpoints have the weights of the head alone.
        key=f"{setup.key} on features",
        head=HeadSetup(classifier, data, whole.select(processes.part(others))),
    )

"""Find a learning rate: the range test, with a recipe's network and data."""

import logging
import math
from contextlib import closing

import numpy as np

from data.plots.rate_curve import draw_rate_curve
from data.tiles.batch_loader import plan_batches, shuffle_items
from data.training.balance import weigh_evenly
from data.training.rate_curve import RateCurve, write_rate_curve
from data.training.training_set import TrainingSet
from models.device import choose_device
from models.training.distributed import ALONE
from models.training.lr_range_test.range_test import find_rate
from stages.find_rate.paths import FindRateInputs, FindRateOutputs
from stages.find_rate.settings import FindRateSettings
from stages.stage import Context, StageReport
from stages.train.caching import caches_features
from stages.train.cells.selection import read_labelled_cells
from stages.train.cells.tile_channels import leave_out_absent
from stages.train.cells.tile_preset import follow_preset
from stages.train.fold import make_training_step
from stages.train.frozen_features import FrozenFeatures
from stages.train.head_setup import set_up_head
from stages.train.paths import TrainInputs
from stages.train.preparation import FoldCells, set_up_fold

log = logging.getLogger("hpacells")


def run(
    inputs: FindRateInputs, outputs: FindRateOutputs, settings: FindRateSettings, context: Context
) -> StageReport:
    """Train for some steps at ever higher learning rates; nothing but the curve is kept.

    Returns
    -------
    StageReport
        With ``steepest`` and ``highest`` in its details, None where the loss never fell.

    Raises
    ------
    InputError
        As for training.
    """
    train = inputs.recipe
    paths = TrainInputs(inputs.tiles_path, inputs.cells_path, inputs.labels_path)
    labelled = read_labelled_cells(paths, train)
    train = follow_preset(train, labelled.store, inputs.tiles_path)
    train = leave_out_absent(train, labelled.store.channels)
    caches = caches_features(train)
    training_set = labelled.select(train)
    _warn_of_one_class(training_set)
    none_held_out = np.zeros(len(training_set.rows), bool)
    cells = FoldCells(labelled.store, training_set, none_held_out, kept=labelled.kept)
    setup = set_up_fold(cells, train, choose_device(train.device), ALONE)
    if caches:
        features = FrozenFeatures(outputs.features_folder, inputs.tiles_path)
        setup = set_up_head(setup, features, np.zeros(0, np.intp), context)
    setup.trained.train()
    training_step = make_training_step(setup, train)
    loader, size = setup.training_data.loader, train.fit.batch_size
    epochs = -(-settings.steps // len(plan_batches(np.arange(len(loader)), size)))
    weights = weigh_evenly(setup.data.targets) if train.fit.class_balanced_sampling else None
    orders = (shuffle_items(len(loader), train.seed, epoch, weights) for epoch in range(epochs))
    plan = [batch for order in orders for batch in plan_batches(order, size)][: settings.steps]
    batches = loader.batches(plan, augmentation=setup.augmentation, seed=(train.seed, 0))
    with closing(batches), context.track("rate", len(plan)) as advance:

        def step(rate: float) -> float:
            advance(1)
            return training_step.take(
                next(batches), rate, seed=(train.seed,), name=f"the step at rate {rate:.2g}"
            )

        curve = find_rate(step, len(plan), settings.range)
    write_rate_curve(outputs.table_path, curve)
    draw_rate_curve(outputs.picture_path, curve)
    if math.isfinite(curve.highest) and curve.highest == curve.rates[-1]:
        log.warning(
            "the loss was still falling at the last rate, %.2g: the highest may lie above it", curve.highest
        )
    return _report(curve)


def _warn_of_one_class(training_set: TrainingSet) -> None:
    shown = np.flatnonzero((training_set.targets > 0).any(axis=0))
    if len(shown) == 1:
        log.warning(
            "all %d cells are of the class %s: the loss falls where the network says it of everything, and "
            "the rates tell nothing of a training on several classes",
            len(training_set.rows),
            training_set.class_names[shown[0]],
        )


def _report(curve: RateCurve) -> StageReport:
    found = {"steepest": curve.steepest, "highest": curve.highest}
    rates = {f"{name} rate": value for name, value in found.items() if math.isfinite(value)}
    details = {name: value if math.isfinite(value) else None for name, value in found.items()}
    return StageReport(counts={"steps": len(curve.rates), **rates}, details=details)

"""What the user is warned of in a training, once for all folds."""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np

from data.training.training_set import TrainingSet
from stages.train.fold import FoldResult

log = logging.getLogger("hpacells")


def warn_of_absent(names: Sequence[str], warned: Collection[str]) -> set[str]:
    """Warn of classes without a training cell that were not warned of before, and return them."""
    absent = [name for name in names if name not in warned]
    if absent:
        log.warning(
            "no training cell of %s: cells of %s cannot be recognised",
            ", ".join(absent),
            "it" if len(absent) == 1 else "them",
        )
    return set(absent)


def warn_of_thresholds(training_set: TrainingSet, results: Sequence[FoldResult]) -> None:
    """Warn of classes that are trained on but of which no cell is held out to find a threshold with."""
    missed: dict[str, list[str]] = defaultdict(list)
    for result in results:
        split = result.split
        if result.thresholds is None:
            continue
        trained = (training_set.targets[~split.held_out] > 0).any(axis=0)
        evaluated = (training_set.targets[split.held_out] > 0).any(axis=0)
        for label in np.flatnonzero(trained & ~evaluated):
            missed[training_set.class_names[label]].append(split.folder.name)
    if missed:
        several = len(results) > 1
        log.warning(
            "thresholds: no held-out cell of %s: the threshold for all classes counts there",
            ", ".join(f"{name} ({', '.join(where)})" if several else name for name, where in missed.items()),
        )

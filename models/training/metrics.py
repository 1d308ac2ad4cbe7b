"""How good predictions are on held-out images, in the few figures of a training's history."""

from typing import NamedTuple

from torch import Tensor

from data.evaluate.outcomes import count_outcomes
from data.evaluate.quality import mean_defined
from data.evaluate.ranking import average_precisions, roc_areas
from data.predictions.called_classes import decide


class Quality(NamedTuple):
    """Figures of merit, each 0..1."""

    accuracy: float
    macro_f1: float
    mean_average_precision: float
    macro_roc_auc: float


def measure_quality(probabilities: Tensor, targets: Tensor, *, single_label: bool) -> Quality:
    """Measure how well probabilities (N, classes) fit targets (N, classes) of 0..1, true from 0.5 on.

    Macro F1 and mean average precision are means over the classes that the targets have; a class without
    tiles cannot be judged. Accuracy is the part of tiles whose most probable class is right (single label),
    or the part of all decisions at 0.5 that are right. The area under the ROC curve is a mean over the
    classes that some tiles have and some lack, NaN where there is none. ``data.evaluate`` has all others.

    Raises
    ------
    ValueError
        There is no tile.
    """
    if not len(targets):
        message = "no tile to evaluate"
        raise ValueError(message)
    scores, positive = probabilities.float().numpy(), (targets >= 0.5).numpy()
    decisions = decide(scores, None if single_label else 0.5)
    outcomes = count_outcomes(decisions, positive)
    right = (decisions == positive).all(axis=1) if single_label else decisions == positive
    return Quality(
        float(right.mean()),
        mean_defined(outcomes.f1),
        mean_defined(average_precisions(scores, positive)),
        mean_defined(roc_areas(scores, positive)),
    )

"""How good predictions are on held-out images, in the few metrics of a training's history."""

from typing import NamedTuple

from torch import Tensor

from data.evaluate.outcomes import count_outcomes
from data.evaluate.quality import mean_defined
from data.evaluate.ranking import rank
from data.predictions.called_classes import decide


class Metrics(NamedTuple):
    """Metrics of predictions, each 0..1."""

    accuracy: float
    macro_f1: float
    mean_average_precision: float
    macro_roc_auc: float


def compute_metrics(probabilities: Tensor, targets: Tensor, *, single_label: bool) -> Metrics:
    """Compute how well probabilities (N, classes) fit targets (N, classes) of 0..1, true from 0.5 on.

    Macro F1 and mean average precision are means over the classes that the targets have; a class without
    tiles cannot be evaluated. Accuracy is the fraction of tiles whose most probable class is right (single
    label), or the fraction of all decisions at 0.5 that are right. The area under the ROC curve is a mean
    over the classes that some tiles have and some lack, NaN where there is none. ``data.evaluate`` has all
    others.

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
    ranks = rank(scores, positive)
    return Metrics(
        float(right.mean()),
        mean_defined(outcomes.f1),
        mean_defined(ranks.average_precision),
        mean_defined(ranks.roc_auc),
    )

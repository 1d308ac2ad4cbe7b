"""Average precision of ranked detections."""

import numpy as np
from numpy.typing import NDArray


def rank_detections(confidences: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the order from the highest to the lowest confidence; of equal ones, the last comes first.

    The TensorFlow Object Detection evaluator reverses an ascending sort, and so turns the order of equals
    round. Its sort leaves the order of equals open where they are many; here it is a stable one.
    """
    return np.argsort(confidences, kind="stable")[::-1]


def average_precision(true_positive: NDArray[np.bool_], truth_count: int) -> float:
    """Compute the area under the precision-recall curve, with precision made monotone from the right.

    Parameters
    ----------
    true_positive
        (n,) bool: which detections are right, from the highest confidence to the lowest.
    truth_count
        Number of true objects, at least 1 and at least the number of right detections.

    Returns
    -------
    float
        0..1; 0 without detections.

    References
    ----------
    The all-point average precision of the PASCAL VOC 2010 development kit: the sum over all detections of the
    growth of recall times the highest precision from there on.
    """
    right = np.cumsum(true_positive)
    precision = right / np.arange(1, len(right) + 1)
    highest_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(highest_from_here[true_positive].sum() / truth_count)

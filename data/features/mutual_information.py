"""What neurons tell of the class: mutual information, and the class that excites each most."""

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_selection import mutual_info_classif

_LEAST_CELLS = 2
"""Cells of a class without which its distances to neighbours say nothing."""


def measure_information(
    values: NDArray[np.floating], classes: NDArray[np.integer], seed: int
) -> NDArray[np.float64] | None:
    """Estimate the mutual information of each neuron with the class.

    By distances to the nearest neighbours (Ross 2014), as scikit-learn's ``mutual_info_classif`` does.

    Parameters
    ----------
    values
        (n, E) what each neuron gives for each cell.
    classes
        (n,) class of each cell; those with a single cell are left out.
    seed
        Of the little noise that parts equal values.

    Returns
    -------
    ndarray (E,) or None
        Nats, 0 or more. None where there are not two classes of two cells.
    """
    counted = _in_classes_of(classes, _LEAST_CELLS)
    if len(np.unique(classes[counted])) < 2:
        return None
    information = np.asarray(
        mutual_info_classif(values[counted], classes[counted], random_state=seed), np.float64
    )
    # One that does not vary tells nothing; the estimate of noise is a little more.
    information[np.ptp(values[counted], axis=0) == 0] = 0
    return information


def measure_entropy(classes: NDArray[np.integer]) -> float:
    """Measure the entropy of the classes in nats: the most that any neuron could tell."""
    counted = classes[_in_classes_of(classes, _LEAST_CELLS)]
    shares = np.unique(counted, return_counts=True)[1] / max(len(counted), 1)
    return float(-(shares * np.log(shares)).sum())


def find_exciting_classes(values: NDArray[np.floating], classes: NDArray[np.integer]) -> NDArray[np.integer]:
    """Find for each neuron, of values (n, E), the class of the highest mean, (E,)."""
    present = np.unique(classes)
    return present[np.stack([values[classes == label].mean(axis=0) for label in present]).argmax(axis=0)]


def _in_classes_of(classes: NDArray[np.integer], least: int) -> NDArray[np.bool_]:
    _, place, counts = np.unique(classes, return_inverse=True, return_counts=True)
    return counts[place] >= least

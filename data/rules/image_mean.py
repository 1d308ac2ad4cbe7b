"""What the cells of an image say together, as a part of what is said of each."""

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.evaluate.aggregation import aggregate


def average_with_image_mean(
    probabilities: NDArray[np.floating],
    image_ids: NDArray[np.str_] | NDArray[np.integer],
    weight: float,
    counted: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """Average the probabilities of each cell with the mean over all cells of its image.

    ``(1 - weight) * own + weight * mean of the image``. The cells of an image are stained by one antibody, so
    they mostly show one pattern, and what one cell leaves open its neighbours tell. Source: most of the
    leading solutions of Kaggle's HPA Single Cell Classification averaged or multiplied predictions for cells
    and for images (Le et al., Nature Methods 19:1221, 2022).

    Parameters
    ----------
    probabilities
        (n, classes) of cells, 0..1.
    image_ids
        (n,) image of each cell, its name or number, in any order.
    weight
        0..1; 0 changes nothing, 1 gives all cells of an image the same.
    counted
        (n,) cells that make up the means, None for all. Where an image has none of them, its cells keep what
        is said of each alone.

    Returns
    -------
    ndarray (n, classes) float32
    """
    averaged = probabilities.astype(np.float32)
    if not weight:
        return averaged
    counted = np.ones(len(averaged), bool) if counted is None else counted
    names, means = aggregate(averaged[counted], image_ids[counted], "mean")
    known = np.isin(image_ids, names)
    averaged[known] = (1 - weight) * averaged[known] + weight * means[
        np.searchsorted(names, image_ids[known])
    ]
    # The sum of rounded parts may lie just above 1.
    return np.minimum(averaged, 1, out=averaged)


def without_image_mean(
    probabilities: NDArray[np.floating], image_ids: NDArray[np.str_], weight: float | None
) -> NDArray[np.float64]:
    """Return the cells' own probabilities from those that `average_with_image_mean` made with a weight.

    Exact but for rounding, since the mean of an image stays what it was.

    Parameters
    ----------
    probabilities, image_ids
        Of all cells that made up the means.
    weight
        The weight of the image's mean; None where it is not known.

    Raises
    ------
    InputError
        The weight is not known, or nothing of the cell's own is left.
    """
    if weight is None or weight >= 1:
        raise InputError(
            found="probabilities with an unknown part of their image's mean"
            if weight is None
            else "probabilities that are their image's mean alone",
            where="combine.rules.image",
            expected="those of the cells, which this rule needs",
            advice="run `hpacells predict` again, or set combine.rules.image.predicted_weight (0: none)"
            if weight is None
            else "predict with --set predict.image_weight=0.5 or the like",
        )
    values = probabilities.astype(np.float64)
    if not weight or not len(values):
        return values
    names, means = aggregate(values, image_ids, "mean")
    own = (values - weight * means[np.searchsorted(names, image_ids)]) / (1 - weight)
    return np.clip(own, 0, 1)

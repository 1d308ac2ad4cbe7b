"""The probabilities of an image beside those of its cells."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.evaluate.aggregation import How, aggregate
from data.settings import Settings

Fusion = Literal["as-predicted", "cell", "mean", "product", "root", "blend"]


class ImageRules(Settings):
    """How the probability of a cell, c, and that of its image, i, make one."""

    fusion: Fusion = Setting(
        "as-predicted",
        description="as-predicted: what predict wrote; cell: c alone; mean: (1 - weight) c + weight i; "
        "product: c i; root: its square root; blend: a quarter of c, a quarter of i and half the root",
    )
    weight: float = Setting(0.5, ge=0, le=1, description="the image's part in fusion = mean")
    predicted_weight: Annotated[float, Setting(ge=0, le=1)] | Literal["auto"] = Setting(
        "auto",
        description="the weight of the image's mean in the predictions, which is taken out first; auto: as "
        "the table of predictions has it",
    )
    statistic: How = Setting(
        "mean",
        description="an image has the mean of its cells' probabilities, or their union, the maximum",
    )


def summarise_images(
    probabilities: NDArray[np.float64], image_ids: NDArray[np.str_], statistic: How
) -> NDArray[np.float64]:
    """Return for each cell the probabilities of its image, (n, classes)."""
    if not len(probabilities):
        return probabilities
    names, values = aggregate(probabilities, image_ids, statistic)
    return values[np.searchsorted(names, image_ids)]


def fuse_with_image(
    cell: NDArray[np.float64], image: NDArray[np.float64], rules: ImageRules
) -> NDArray[np.float64]:
    """Return one probability of each cell and class from the cell's own and its image's, all (n, classes).

    Source: the leading solutions of Kaggle's HPA Single Cell Classification: weighted means (4th, 8th, 11th),
    products (2nd, 12th), the blend (32nd).
    """
    if rules.fusion == "mean":
        return (1 - rules.weight) * cell + rules.weight * image
    if rules.fusion == "product":
        return cell * image
    root = np.sqrt(cell * image)
    if rules.fusion == "root":
        return root
    if rules.fusion == "blend":
        return 0.25 * cell + 0.25 * image + 0.5 * root
    return cell

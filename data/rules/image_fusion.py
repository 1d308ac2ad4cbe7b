"""The probabilities of an image beside those of its cells."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting
from pydantic import model_validator

from data.evaluate.aggregation import How, aggregate
from data.settings import Settings

_SMALLEST = 1e-4
"""Is added to a probability before its logarithm is taken, so that one cell cannot rule a class out."""

Statistic = Literal["mean", "union", "classifier"]

Fusion = Literal["as-predicted", "cell", "mean", "product", "root", "blend"]


class ImageRules(Settings):
    """How the probability of a cell, c, and that of its image, i, make one."""

    fusion: Fusion = Setting(
        "as-predicted",
        description="as-predicted: what predict wrote; cell: c alone; mean: (1 - weight - joint_weight) c + "
        "weight i + joint_weight j, where j is the joint evidence of the image's cells; product: c i; root: "
        "its square root; blend: a quarter of c, a quarter of i and half the root",
    )
    weight: float = Setting(0.5, ge=0, le=1, description="the image's part in fusion = mean")
    joint_weight: float = Setting(
        0.0,
        ge=0,
        le=1,
        description="part of the joint evidence in fusion = mean: the softmax over the classes of the sum "
        "of the logarithms of the n cells' probabilities, divided by the square root of n",
    )
    predicted_weight: Annotated[float, Setting(ge=0, le=1)] | Literal["auto"] = Setting(
        "auto",
        description="the weight of the image's mean in the predictions, which is taken out first; auto: as "
        "the table of predictions has it",
    )
    statistic: Statistic = Setting(
        "mean",
        description="an image has the mean of its cells' probabilities, their union, the maximum, or what a "
        "classifier of whole fields predicts (classifier; train.unit = field)",
    )

    @model_validator(mode="after")
    def _check_weights(self) -> "ImageRules":
        if self.weight + self.joint_weight > 1:
            message = (
                f"weight {self.weight:g} and joint_weight {self.joint_weight:g} are more than 1 together"
            )
            raise ValueError(message)
        return self


def summarise_images(
    probabilities: NDArray[np.float64], image_ids: NDArray[np.str_], statistic: How
) -> NDArray[np.float64]:
    """Return for each cell the probabilities of its image, (n, classes)."""
    if not len(probabilities):
        return probabilities
    names, values = aggregate(probabilities, image_ids, statistic)
    return values[np.searchsorted(names, image_ids)]


def join_evidence(probabilities: NDArray[np.float64], image_ids: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return for each cell what all cells of its image say together, (n, classes), if they show one class.

    The softmax over the classes of the sum of the logarithms of the n cells' probabilities, divided by the
    square root of n: between the sum itself, which is Bayes' rule for cells that say the same independently
    of each other, and the mean, as if they all repeated each other.
    """
    if not len(probabilities):
        return probabilities
    _, places, counts = np.unique(image_ids, return_inverse=True, return_counts=True)
    _, means = aggregate(np.log(probabilities + _SMALLEST), image_ids, "mean")
    evidence = means * np.sqrt(counts)[:, np.newaxis]
    raised = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    return (raised / raised.sum(axis=1, keepdims=True))[places]


def fuse_with_image(
    cell: NDArray[np.float64],
    image: NDArray[np.float64],
    joint: NDArray[np.float64],
    rules: ImageRules,
) -> NDArray[np.float64]:
    """Return one probability of each cell and class from the cell's own and its image's, all (n, classes).

    Source: the leading solutions of Kaggle's HPA Single Cell Classification: weighted means (4th, 8th, 11th),
    products (2nd, 12th), the blend (32nd).
    """
    if rules.fusion == "mean":
        return (
            (1 - rules.weight - rules.joint_weight) * cell + rules.weight * image + rules.joint_weight * joint
        )
    if rules.fusion == "product":
        return cell * image
    root = np.sqrt(cell * image)
    if rules.fusion == "root":
        return root
    if rules.fusion == "blend":
        return 0.25 * cell + 0.25 * image + 0.5 * root
    return cell

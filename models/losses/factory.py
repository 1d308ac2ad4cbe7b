"""The loss of the classes, of one of several kinds."""

import numpy as np
from numpy.typing import NDArray

from models.losses.binary_cross_entropy import BinaryCrossEntropy
from models.losses.cross_entropy import CrossEntropy
from models.losses.focal import Focal
from models.losses.loss import ClassLoss
from models.losses.settings import (
    BinaryCrossEntropySettings,
    CrossEntropySettings,
    FocalSettings,
    LossSettings,
    SoftF1Settings,
)
from models.losses.soft_f1 import SoftF1


def make_class_loss(settings: LossSettings, targets: NDArray[np.floating]) -> ClassLoss:
    """Make the loss of the classes.

    Parameters
    ----------
    settings
        Which loss.
    targets
        (n, classes) labels of the whole training set, 0 to 1, from which the class weights come.
    """
    match settings:
        case CrossEntropySettings():
            return CrossEntropy(settings, targets)
        case BinaryCrossEntropySettings():
            return BinaryCrossEntropy(settings, targets)
        case FocalSettings():
            return Focal(settings, targets)
        case SoftF1Settings():
            return SoftF1()

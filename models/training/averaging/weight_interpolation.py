"""The interpolation between trained weights and those that the training started from (WiSE-FT)."""

import copy

from torch import Tensor

from models.classifiers.classifier import Classifier


class WeightInterpolation:
    """Average a classifier's weights, as they are trained, with the initial ones.

    Weight-space ensembling (Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022, section 3):
    what is trained on few images keeps more of what the initial weights know of others.

    Parameters
    ----------
    classifier
        With the initial weights, on its device.
    fraction
        Weight of the initial weights in the average, 0..1.
    """

    def __init__(self, classifier: Classifier, fraction: float) -> None:
        self._interpolated = copy.deepcopy(classifier)
        self._initial = {name: weight.clone() for name, weight in classifier.state_dict().items()}
        self._fraction = fraction

    def interpolate(self, classifier: Classifier) -> Classifier:
        """Return a classifier with the average weights and statistics; it holds until the next call."""
        trained = classifier.state_dict()
        self._interpolated.load_state_dict({name: self._average(name, trained[name]) for name in trained})
        return self._interpolated

    def _average(self, name: str, weight: Tensor) -> Tensor:
        # Counts of batches are no weights.
        return weight.lerp(self._initial[name], self._fraction) if weight.is_floating_point() else weight

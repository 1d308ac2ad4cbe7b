"""The average of trained weights with those that the training started from."""

import copy

from torch import Tensor

from models.classifiers.classifier import Classifier


class StartBlend:
    """Average a classifier's weights, as they are trained, with the first ones.

    Weight-space ensembling (Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022, section 3):
    what is trained on few images keeps more of what the first weights know of others.

    Parameters
    ----------
    classifier
        With the first weights, on its device.
    share
        Part that the first weights have in the average, 0..1.
    """

    def __init__(self, classifier: Classifier, share: float) -> None:
        self._blended = copy.deepcopy(classifier)
        self._first = {name: weight.clone() for name, weight in classifier.state_dict().items()}
        self._share = share

    def blend(self, classifier: Classifier) -> Classifier:
        """Give a classifier with the average weights and statistics; it holds until the next call."""
        trained = classifier.state_dict()
        self._blended.load_state_dict({name: self._average(name, trained[name]) for name in trained})
        return self._blended

    def _average(self, name: str, weight: Tensor) -> Tensor:
        # Counts of batches are no weights.
        return weight.lerp(self._first[name], self._share) if weight.is_floating_point() else weight

"""Weights that a training starts from: those of a classifier that was trained before."""

import logging

from data.errors import InputError
from models.classifiers.bundled import find_classifier_folder
from models.classifiers.classifier import Classifier
from models.classifiers.ensemble.fewer_channels import select_channels
from models.classifiers.model_folder import read_classifier

log = logging.getLogger("hpacells")


def load_initial_weights(classifier: Classifier, name: str) -> bool:
    """Load all weights of another classifier that fit, in place of the classifier's own.

    The head is left as it is where the other classifier has other classes. Of a classifier with more channels
    the weights of those that are needed are taken.

    Returns
    -------
    bool
        Whether it predicts what the other one does now: all weights fit, and both give single or both
        multiple labels.

    Raises
    ------
    InputError
        There is no such classifier, or none of its weights fits the backbone.
    """
    other = read_classifier(find_classifier_folder(name))
    given = other.architecture.tiles.channels
    state = select_channels(other.state_dict(), given, classifier)
    if other.architecture.class_names != classifier.architecture.class_names:
        state = {key: weight for key, weight in state.items() if not key.startswith("head.")}
        log.info("start from %s: the head is left out, because it is for other classes", name)
    left_out = classifier.load_matching(state)
    if any(key.startswith("backbone.") for key in left_out):
        backbone, channels = (
            classifier.architecture.backbone.name,
            len(classifier.architecture.tiles.channels),
        )
        raise InputError(
            found=f"weights of {other.architecture.backbone.name} that do not fit ({left_out[0]})",
            where=f"setting train.initial_weights = {name}",
            expected=f"the backbone {backbone} with {channels} channels",
            advice="choose that backbone and those channels, or another start",
        )
    if left_out:
        log.info("start from %s: %d of its weights do not fit and are left out", name, len(left_out))
    same_mode = other.architecture.mode == classifier.architecture.mode
    lacking = set(given) - set(classifier.architecture.tiles.channels)
    same_channels = lacking <= set(other.architecture.optional_channels)
    whole = not left_out and state.keys() >= classifier.state_dict().keys()
    return same_mode and same_channels and whole

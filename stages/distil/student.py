"""The settings of a student's training, and the weights that it starts from."""

import logging
from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import ValidationError
from torch import Tensor

from data.errors import InputError
from models.classifiers.classifier import Architecture, Classifier
from models.classifiers.model_folder import read_architecture, read_classifier
from models.losses.class_weights.settings import NoWeightSettings
from models.losses.settings import BinaryCrossEntropySettings, CrossEntropySettings, LossSettings
from stages.distil.settings import DistilSettings
from stages.train.settings import SplitSettings, TrainSettings

log = logging.getLogger("hpacells")


def choose_loss(*, single_label: bool) -> LossSettings:
    """Return the loss of soft targets: plain cross entropy of the softmax, or binary cross entropy.

    Without smoothing, weights or a choice of examples its minimum is where the student says what the teacher
    says.
    """
    if single_label:
        return CrossEntropySettings(label_smoothing=0, weights=NoWeightSettings())
    return BinaryCrossEntropySettings(label_smoothing=0, weights=NoWeightSettings())


def adapt_recipe(
    recipe: TrainSettings, settings: DistilSettings, *, single_label: bool, image_weight: float
) -> TrainSettings:
    """Return a recipe as a student is trained by it.

    Network, tiles, augmentation, optimiser and length are the recipe's. Loss and outputs follow the teacher;
    one network is trained, which predicts each tile once; nothing pulls it towards its initial weights, and
    no cell is made up of which the teacher said nothing.

    Parameters
    ----------
    recipe, settings
        Of the student.
    single_label
        Whether the teacher's classes of a cell share a probability of 1.
    image_weight
        The weight that the mean of the image has in what the teacher says.

    Raises
    ------
    InputError
        The recipe's head cannot have the teacher's outputs.
    """
    split = SplitSettings(folds=settings.folds, stratify=recipe.split.stratify)
    adapted = recipe.model_copy(
        update={
            "images": "single" if single_label else "all",
            "loss": choose_loss(single_label=single_label),
            "phases": tuple(phase.model_copy(update={"loss": None}) for phase in recipe.phases),
            "split": split,
            "data": recipe.data.model_copy(update={"synthetic_negative_fraction": 0.0}),
            "initial_weight_fraction": 0.0,
            "test_time_augmentation": False,
            "image_weight": image_weight,
            "cache_features": "never",
            "thresholds": TrainSettings.model_fields["thresholds"].default,
        }
    )
    try:
        TrainSettings.model_validate(adapted.model_dump())
    except ValidationError as error:
        raise InputError(
            found=f"a student that cannot have the teacher's outputs "
            f"({error.errors()[0]['msg'].removeprefix('Value error, ')})",
            where="the recipe",
            expected="a network that gives a softmax or sigmoids, as the teacher does",
            advice="choose another recipe, or change the setting that is named",
        ) from None
    return adapted


def find_alike(folders: Sequence[Path], student: Architecture) -> list[Path]:
    """List those of some classifiers that are built as the student is, so that their weights fit it."""
    return [folder for folder in folders if _describe(read_architecture(folder)) == _describe(student)]


def average_weights(folders: Sequence[Path]) -> dict[str, Tensor]:
    """Average the weights of classifiers of one architecture (a uniform "model soup").

    Networks that were trained from the same initial weights mostly lie in one basin of the loss, where their
    mean is about as good as their ensemble, and a good place for a student to start from. Counters, which are
    whole numbers, are those of the first.

    References
    ----------
    Wortsman et al., Model soups: averaging weights of multiple fine-tuned models, ICML 2022.
    """
    total: dict[str, Tensor] = {}
    for folder in folders:
        weights = read_classifier(folder).state_dict()
        for name, weight in weights.items():
            if name not in total:
                total[name] = weight.clone()
            elif weight.is_floating_point():
                total[name] += weight
    return {
        name: weight / len(folders) if weight.is_floating_point() else weight
        for name, weight in total.items()
    }


@torch.no_grad()
def start_from_teacher(student: Classifier, folders: Sequence[Path]) -> None:
    """Set a student's weights to the mean over classifiers that are built as it is."""
    student.load_state_dict(average_weights(folders))


def _describe(architecture: Architecture) -> object:
    """Return what decides the names, shapes and meaning of weights."""
    backbone = architecture.backbone
    return (
        (architecture.mode, architecture.class_names, architecture.scaling, architecture.head),
        (backbone.name, architecture.tiles.channels, architecture.tiles.side),
    )

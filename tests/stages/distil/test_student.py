"""The loss of a student, its recipe, and the weights that it starts from."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from data.errors import InputError
from models.classifiers.classifier import Architecture, Classifier, Normalisation
from models.classifiers.model_folder import read_architecture, read_classifier, save_classifier
from models.losses.classification import ClassificationLoss
from stages.distil.settings import DistilSettings
from stages.distil.student import adapt_recipe, average_weights, choose_loss, find_alike, start_from_teacher
from stages.train.settings import TrainSettings
from tests.stages.conftest import change


@pytest.mark.parametrize("single_label", [True, False], ids=["softmax", "sigmoid"])
@given(seed=st.integers(0, 2**20))
def test_the_loss_is_the_cross_entropy_of_soft_targets(single_label: bool, seed: int) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, (7, 5))
    targets = random.dirichlet(np.ones(5), 7) if single_label else random.random((7, 5))
    loss = ClassificationLoss(choose_loss(single_label=single_label), targets.astype(np.float32))
    found = float(loss(torch.tensor(logits), torch.zeros(7, 2), torch.tensor(targets)))
    total = 0.0
    for scores, wanted in zip(logits, targets, strict=True):
        if single_label:
            shares = np.exp(scores) / np.exp(scores).sum()
            total -= (wanted * np.log(shares)).sum()
        else:
            yes = 1 / (1 + np.exp(-scores))
            total -= (wanted * np.log(yes) + (1 - wanted) * np.log(1 - yes)).mean()
    assert found == pytest.approx(total / 7, rel=1e-5)


@pytest.mark.parametrize("single_label", [True, False], ids=["softmax", "sigmoid"])
def test_nothing_but_the_targets_has_the_least_loss(single_label: bool) -> None:
    targets = torch.tensor([[0.7, 0.2, 0.1]])
    loss = ClassificationLoss(choose_loss(single_label=single_label), targets.numpy())
    best = (targets.log() if single_label else targets.logit()).requires_grad_()
    loss(best, torch.zeros(1, 2), targets).backward()
    assert best.grad is not None
    assert best.grad.abs().max() < 1e-6


def test_the_recipe_is_that_of_one_network_that_predicts_once(tiny: TrainSettings) -> None:
    recipe = change(
        tiny,
        initial_weights="simhpa19",
        initial_weight_fraction=0.3,
        test_time_augmentation=True,
        split={"folds": 5, "fold": "all"},
        loss={"label_smoothing": 0.1, "hard_example_fraction": 0.5},
        phases=[{"epochs": 2, "loss": {"label_smoothing": 0.2}}],
        data={"synthetic_negative_fraction": 0.5},
    )
    adapted = adapt_recipe(recipe, DistilSettings.model_validate({}), single_label=False, image_weight=0.25)
    assert (adapted.split.folds, adapted.split.fold, adapted.test_time_augmentation) == (0, 0, False)
    assert (adapted.loss.kind, adapted.images) == ("binary-cross-entropy", "all")
    assert adapted.loss == choose_loss(single_label=False)
    assert adapted.phases[0].loss is None
    assert adapted.initial_weight_fraction == adapted.data.synthetic_negative_fraction == 0
    assert (adapted.image_weight, adapted.fit, adapted.backbone) == (0.25, recipe.fit, recipe.backbone)


def test_a_head_of_sigmoids_cannot_learn_a_softmax(tiny: TrainSettings) -> None:
    head = {"kind": "mlp", "members": 3}
    recipe = TrainSettings.model_validate(tiny.model_dump() | {"images": "all", "loss": {}, "head": head})
    adapt_recipe(recipe, DistilSettings.model_validate({}), single_label=False, image_weight=0)
    with pytest.raises(InputError, match="cannot have the teacher's outputs .head.members above 1"):
        adapt_recipe(recipe, DistilSettings.model_validate({}), single_label=True, image_weight=0)


def test_the_start_is_the_mean_of_networks_that_are_built_alike(tmp_path, write_classifier) -> None:
    folders = [write_classifier(tmp_path / f"fold-{number}", seed=number) for number in range(3)]
    other = write_classifier(tmp_path / "other", seed=3, class_names=("Left", "Right"))
    student = read_classifier(folders[0])
    assert find_alike([*folders, other], student.architecture) == folders
    start_from_teacher(student, folders)
    each = [load_file(folder / "model.safetensors") for folder in folders]
    for name, weight in student.state_dict().items():
        if weight.is_floating_point():
            expected = np.mean([weights[name].numpy() for weights in each], axis=0)
            np.testing.assert_allclose(weight.numpy(), expected, rtol=1e-5, atol=1e-7)
        else:
            assert torch.equal(weight, each[0][name])
    assert average_weights(folders[:1]).keys() == each[0].keys()
    assert read_architecture(folders[0]) == student.architecture


@pytest.fixture
def write_classifier(tiny: TrainSettings):
    """Write classifiers with random weights."""

    def write(folder, seed: int, **changes):
        torch.manual_seed(seed)
        architecture = Architecture(
            mode="single-label",
            tiles=tiny.tiles,
            normalisation=Normalisation(mean=(0.5,) * 4, deviation=(0.2,) * 4),
            backbone=tiny.backbone,
            head=tiny.head,
            **changes,
        )
        save_classifier(folder, architecture, Classifier(architecture).state_dict(), {})
        return folder

    return write

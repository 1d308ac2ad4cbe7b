import copy

import numpy as np
import pytest
import torch

from data.errors import InputError
from data.tiles.batch_loader import Batch
from models.losses.classification import ClassificationLoss
from models.losses.settings import CrossEntropySettings
from models.training.optimisers.settings import SgdSettings
from models.training.training_step import TrainingStep

PLAIN = CrossEntropySettings.model_validate({"label_smoothing": 0.0, "weights": {"kind": "none"}})
SGD = SgdSettings(momentum=0.0, weight_decay=0.0, max_grad_norm=0.0)


def make_training_step(classifier, data, optimiser=SGD, parts: int = 1) -> TrainingStep:
    loss = ClassificationLoss(PLAIN, data.targets)
    return TrainingStep(classifier, loss, data, optimiser, micro_batches=parts, bfloat16=False)


def take(data, items) -> Batch:
    return Batch(np.array(items), data.loader.tiles[items])


def test_a_step_goes_down_the_gradient_of_the_mean_loss(make_classifier, make_data) -> None:
    classifier, data = make_classifier(), make_data(6)
    other = copy.deepcopy(classifier)
    tiles = torch.from_numpy(data.loader.tiles[[4, 1, 3]].transpose(0, 3, 1, 2))
    logs = other(tiles).logits.log_softmax(dim=1)
    loss = -(logs[0, 1] + logs[1, 1] + logs[2, 0]) / 3
    loss.backward()
    training_step = make_training_step(
        classifier, data, SGD.model_copy(update={"lr_multipliers": (0.5, 1.0)})
    )
    value = training_step.take(take(data, [4, 1, 3]), 0.1, seed=(1,), name="a step")
    assert value == pytest.approx(loss.item(), rel=1e-5)
    for (name, weight), before in zip(classifier.named_parameters(), other.parameters(), strict=True):
        rate = 0.1 if name.startswith("head") else 0.05
        expected = before.detach() - rate * before.grad
        torch.testing.assert_close(weight.detach(), expected, rtol=1e-5, atol=1e-6, msg=name)


@pytest.mark.parametrize("many", [2, 4, 100])
def test_micro_batches_make_the_step_of_the_whole_batch(make_classifier, make_data, many: int) -> None:
    data = make_data(10)
    classifiers = [make_classifier(), make_classifier()]
    for classifier, parts in zip(classifiers, (1, many), strict=True):
        training_step = make_training_step(
            classifier, data, SGD.model_copy(update={"max_grad_norm": 0.5}), parts
        )
        values = [training_step.take(take(data, range(10)), 0.1, seed=(1,), name="a step") for _ in range(3)]
        classifier.values = values
    assert classifiers[0].values == pytest.approx(classifiers[1].values, rel=1e-4)
    for first, second in zip(*(classifier.parameters() for classifier in classifiers), strict=True):
        torch.testing.assert_close(first, second, rtol=1e-3, atol=1e-5)


def test_no_micro_batch_is_a_single_tile(make_classifier, make_data) -> None:
    # Batch norms cannot train on one: they raise.
    classifier = make_classifier(backbone={"name": "test_efficientnet", "pretrained": "none"})
    data = make_data(5)
    training_step = make_training_step(classifier.train(), data, parts=5)
    assert np.isfinite(training_step.take(take(data, range(5)), 0.01, seed=(1,), name="a step"))


def test_dropout_depends_on_the_seed_alone(make_classifier, make_data) -> None:
    data = make_data(6)

    def first_loss(seed: int, disturbance: int) -> float:
        classifier = make_classifier(head={"kind": "linear", "dropout": 0.5}).train()
        training_step = make_training_step(classifier, data)
        torch.manual_seed(disturbance)
        return training_step.take(take(data, range(6)), 0.1, seed=(1, seed), name="a step")

    assert first_loss(1, 5) == first_loss(1, 6)
    assert first_loss(1, 5) != first_loss(2, 5)


def test_a_loss_that_is_no_number_names_the_cells(make_classifier, make_data) -> None:
    classifier, data = make_classifier(), make_data(6)
    training_step = make_training_step(classifier, data)
    with torch.no_grad():
        next(iter(classifier.head.parameters())).fill_(float("nan"))
    with pytest.raises(InputError, match=r"became nan in epoch 3, on a batch of the cells cells \[2, 0\]"):
        training_step.take(take(data, [2, 0]), 0.1, seed=(1,), name="epoch 3")


def test_gradients_of_what_was_frozen_since_do_not_count(make_classifier, make_data) -> None:
    data = make_data(6)
    clipped = SGD.model_copy(update={"max_grad_norm": 1e-3})
    classifiers = [make_classifier(), make_classifier()]
    for parameter in classifiers[0].backbone.parameters():
        parameter.grad = torch.ones_like(parameter)
    for classifier in classifiers:
        classifier.backbone.freeze("all")
        make_training_step(classifier, data, clipped).take(
            take(data, range(6)), 0.1, seed=(1,), name="a step"
        )
    for first, second in zip(*(classifier.parameters() for classifier in classifiers), strict=True):
        assert torch.equal(first, second)

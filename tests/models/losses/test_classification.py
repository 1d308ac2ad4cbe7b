import numpy as np
import pytest
import torch
from torch.nn import functional

from models.losses.classification import ClassificationLoss, LossSettings
from models.losses.triplet import TripletLoss, TripletSettings

PLAIN = LossSettings(class_weights="none", label_smoothing=0)
EMBEDDING = torch.zeros(4, 2)


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.randn(4, 3, generator=torch.Generator().manual_seed(1))


def test_one_class_a_tile_is_cross_entropy(logits: torch.Tensor) -> None:
    targets = torch.eye(3)[[0, 2, 2, 1]]
    loss = ClassificationLoss("single-label", targets.numpy(), PLAIN)
    expected = -logits.log_softmax(dim=1)[range(4), [0, 2, 2, 1]].mean()
    torch.testing.assert_close(loss(logits, EMBEDDING, targets), expected)


def test_class_weights_are_those_of_the_whole_training_set(logits: torch.Tensor) -> None:
    everything = np.eye(3, dtype=np.float32)[[0] * 6 + [1] * 3 + [2] * 1]
    loss = ClassificationLoss("single-label", everything, LossSettings(label_smoothing=0))
    targets = torch.eye(3)[[0, 0, 0, 2]]
    weights = torch.tensor([1, 2, 6]) * 10 / (6 + 6 + 6)
    each = -logits.log_softmax(dim=1)[range(4), [0, 0, 0, 2]] * weights[[0, 0, 0, 2]]
    torch.testing.assert_close(loss(logits, EMBEDDING, targets), each.mean())


def test_any_number_of_classes_is_binary_cross_entropy(logits: torch.Tensor) -> None:
    targets = torch.tensor([[1.0, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]])
    loss = ClassificationLoss("multi-label", targets.numpy(), PLAIN)
    expected = functional.binary_cross_entropy(logits.sigmoid(), targets)
    torch.testing.assert_close(loss(logits, EMBEDDING, targets), expected)


@pytest.mark.parametrize("mode", ["single-label", "multi-label"])
def test_smoothing_makes_certainty_costly(mode) -> None:
    targets = torch.eye(3)
    certain, sober = 30 * torch.eye(3) - 15, 6 * torch.eye(3) - 3
    smooth = ClassificationLoss(
        mode, targets.numpy(), LossSettings(class_weights="none", label_smoothing=0.1)
    )
    sharp = ClassificationLoss(mode, targets.numpy(), PLAIN)
    embedding = torch.zeros(3, 2)
    assert smooth(certain, embedding, targets) > smooth(sober, embedding, targets)
    assert sharp(certain, embedding, targets) < sharp(sober, embedding, targets)


def test_the_triplet_loss_is_added(logits: torch.Tensor) -> None:
    targets = torch.eye(3)[[0, 0, 1, 1]]
    embedding = torch.tensor([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    triplet = TripletSettings(weight=0.5, mining="all")
    settings = PLAIN.model_copy(update={"triplet": triplet})
    both = ClassificationLoss("single-label", targets.numpy(), settings)
    one = ClassificationLoss("single-label", targets.numpy(), PLAIN)
    added = both(logits, embedding, targets) - one(logits, embedding, targets)
    torch.testing.assert_close(added, TripletLoss(triplet)(embedding, torch.tensor([0, 0, 1, 1])))
    torch.testing.assert_close(both.classes(logits, targets), one(logits, embedding, targets))
    assert added > 0


def test_a_triplet_by_hand() -> None:
    """Anchor and positive are sqrt(2) apart, the negative lies on the anchor: sqrt(2) - 0 + margin."""
    embedding = torch.tensor([[1.0, 0], [0, 1], [2, 0]], requires_grad=True)
    loss = TripletLoss(TripletSettings(weight=2.0, margin=0.3, mining="hard"))(
        embedding, torch.tensor([0, 0, 1])
    )
    expected = 2 * ((2**0.5 + 0.3) + (2**0.5 - 2**0.5 + 0.3)) / 2
    assert loss.item() == pytest.approx(expected, rel=1e-4)
    loss.backward()
    assert embedding.grad is not None
    assert embedding.grad.abs().sum() > 0


@pytest.mark.parametrize("mining", ["all", "semihard", "hard"])
def test_one_class_has_no_triplets(mining) -> None:
    embedding = torch.randn(4, 8, requires_grad=True)
    loss = TripletLoss(TripletSettings(weight=1.0, mining=mining))(
        embedding, torch.zeros(4, dtype=torch.long)
    )
    assert loss.item() == 0
    loss.backward()

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch.nn import functional

from models.losses.class_weights.effective_number import effective_number_weights
from models.losses.classification import ClassificationLoss
from models.losses.factory import make_class_loss
from models.losses.settings import CrossEntropySettings, LossSettings, output_of

EMBEDDING = torch.zeros(4, 2)
KINDS = ["cross-entropy", "binary-cross-entropy", "focal", "soft-f1"]


def loss_settings(kind: str, **values) -> LossSettings:
    """Settings without smoothing and weights, unless they are named."""
    plain = {} if kind == "soft-f1" else {"label_smoothing": 0.0, "weights": {"kind": "none"}}
    return TypeAdapter(LossSettings).validate_python({"kind": kind, **plain, **values})


def make_loss(targets: torch.Tensor | np.ndarray, kind: str, **values) -> ClassificationLoss:
    return ClassificationLoss(loss_settings(kind, **values), np.asarray(targets))


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.randn(4, 3, generator=torch.Generator().manual_seed(1))


def test_one_class_a_tile_is_cross_entropy(logits: torch.Tensor) -> None:
    targets = torch.eye(3)[[0, 2, 2, 1]]
    loss = make_loss(targets, "cross-entropy")
    expected = -logits.log_softmax(dim=1)[range(4), [0, 2, 2, 1]].mean()
    torch.testing.assert_close(loss(logits, EMBEDDING, targets), expected)


def test_class_weights_are_those_of_the_whole_training_set(logits: torch.Tensor) -> None:
    everything = np.eye(3, dtype=np.float32)[[0] * 6 + [1] * 3 + [2] * 1]
    loss = make_loss(everything, "cross-entropy", weights={"kind": "balanced"})
    targets = torch.eye(3)[[0, 0, 0, 2]]
    weights = torch.tensor([1, 2, 6]) * 10 / (6 + 6 + 6)
    each = -logits.log_softmax(dim=1)[range(4), [0, 0, 0, 2]] * weights[[0, 0, 0, 2]]
    torch.testing.assert_close(loss(logits, EMBEDDING, targets), each.mean())


def test_any_number_of_classes_is_binary_cross_entropy(logits: torch.Tensor) -> None:
    targets = torch.tensor([[1.0, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]])
    expected = functional.binary_cross_entropy(logits.sigmoid(), targets)
    for loss in (make_loss(targets, "binary-cross-entropy"), make_loss(targets, "focal", gamma=0)):
        torch.testing.assert_close(loss(logits, EMBEDDING, targets), expected)


@pytest.mark.parametrize(("alpha", "weights"), [(0.25, (0.25, 0.75)), (0.9, (0.9, 0.1)), (None, (1, 1))])
def test_alpha_weighs_positive_tiles_and_the_rest_the_others(
    logits: torch.Tensor, alpha: float | None, weights: tuple[float, float]
) -> None:
    targets = torch.tensor([[1.0, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]])
    loss = make_loss(targets, "focal", alpha=alpha, gamma=2.0)
    right = torch.where(targets == 1, logits.sigmoid(), 1 - logits.sigmoid())
    weight = torch.where(targets == 1, *weights)
    torch.testing.assert_close(
        loss(logits, EMBEDDING, targets), (-weight * (1 - right) ** 2 * right.log()).mean()
    )


@pytest.mark.parametrize("kind", ["binary-cross-entropy", "focal"])
def test_balanced_weights_are_those_of_positive_tiles(logits: torch.Tensor, kind: str) -> None:
    everything = np.eye(3, dtype=np.float32)[[0] * 5 + [1] * 3 + [2] * 2]
    plain, balanced = make_loss(everything, kind), make_loss(everything, kind, weights={"kind": "balanced"})
    negative, positive = torch.zeros(4, 3), torch.tensor([[0.0, 0, 1]]).expand(4, 3)
    torch.testing.assert_close(balanced.classes(logits, negative), plain.classes(logits, negative))
    difference = balanced.classes(logits, positive) - plain.classes(logits, positive)
    # Eight negative tiles for two positive ones: they weigh 4 in place of 1.
    alone = make_loss(everything[:, 2:], kind).classes(logits[:, 2:], positive[:, 2:])
    torch.testing.assert_close(difference, (4 - 1) * alone / 3)


@pytest.mark.parametrize("kind", KINDS[:3])
@pytest.mark.parametrize("counts", ["set", "batch"])
def test_the_effective_number_weighs_the_whole_loss_of_a_class(
    logits: torch.Tensor, kind: str, counts: str
) -> None:
    everything = np.eye(3, dtype=np.float32)[[0] * 50 + [1] * 7 + [2] * 2]
    targets = torch.eye(3)[[0, 0, 0, 2]]
    weighed = {"kind": "effective-number", "alpha": 0.99, "counts": counts}
    loss = make_loss(everything, kind, weights=weighed)
    numbers = torch.tensor([50, 7, 2]) if counts == "set" else targets.sum(dim=0)
    weights = effective_number_weights(numbers, 0.99, shared=kind == "cross-entropy")
    plain = make_loss(everything, kind)
    expected = torch.tensor(0.0)
    for label in range(3):
        if kind == "cross-entropy":
            expected -= (logits.log_softmax(dim=1) * targets)[:, label].mean() * weights[label]
        else:
            one = slice(label, label + 1)
            part = make_loss(everything[:, one], kind).classes(logits[:, one], targets[:, one])
            expected += part * weights[label] / 3
    torch.testing.assert_close(loss.classes(logits, targets), expected)
    assert not torch.isclose(expected, plain.classes(logits, targets))


@pytest.mark.parametrize("kind", ["binary-cross-entropy", "focal"])
def test_losses_of_classes_may_be_summed(logits: torch.Tensor, kind: str) -> None:
    targets = torch.eye(3)[[0, 2, 2, 1]]
    mean, total = make_loss(targets, kind), make_loss(targets, kind, class_reduction="sum")
    torch.testing.assert_close(total(logits, EMBEDDING, targets), 3 * mean(logits, EMBEDDING, targets))
    torch.testing.assert_close(total.classes(logits, targets), 3 * mean.classes(logits, targets))


@pytest.mark.parametrize("kind", KINDS[:3])
def test_smoothing_makes_certainty_costly(kind: str) -> None:
    targets = torch.eye(3)
    certain, sober = 30 * torch.eye(3) - 15, 6 * torch.eye(3) - 3
    smooth, sharp = make_loss(targets, kind, label_smoothing=0.1), make_loss(targets, kind)
    embedding = torch.zeros(3, 2)
    assert smooth(certain, embedding, targets) > smooth(sober, embedding, targets)
    assert sharp(certain, embedding, targets) < sharp(sober, embedding, targets)


@pytest.mark.parametrize("kind", KINDS[:3])
def test_only_the_hardest_tiles_are_learnt_from_but_all_are_judged(logits: torch.Tensor, kind: str) -> None:
    targets = torch.eye(3)[[0, 2, 2, 1]]
    hard, plain = make_loss(targets, kind, hard_example_fraction=0.5), make_loss(targets, kind)
    each = [plain.classes(logits[place, None], targets[place, None]).item() for place in range(4)]
    learnt = hard(logits, EMBEDDING, targets)
    assert learnt.item() == pytest.approx(sum(sorted(each)[2:]) / 2, rel=1e-5)
    torch.testing.assert_close(hard.classes(logits, targets), plain.classes(logits, targets))


@pytest.mark.parametrize("kind", KINDS)
def test_the_triplet_loss_is_added(logits: torch.Tensor, kind: str) -> None:
    targets = torch.eye(3)[[0, 0, 1, 1]]
    embedding = torch.tensor([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    both = make_loss(targets, kind, triplet={"weight": 0.5, "mining": "all"})
    one = make_loss(targets, kind)
    added = both(logits, embedding, targets) - one(logits, embedding, targets)
    # Each of the four anchors has its positive sqrt(2) away, and one negative at 0, one at sqrt(2).
    assert added.item() == pytest.approx(0.5 * ((2**0.5 + 0.2) + 0.2) / 2, rel=1e-4)
    torch.testing.assert_close(both.classes(logits, targets), one(logits, embedding, targets))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", ["none", "balanced", "effective-number"])
def test_a_class_without_tiles_leaves_the_loss_finite(logits: torch.Tensor, kind: str, weights: str) -> None:
    targets = torch.eye(3)[[0, 0, 1, 0]]
    values = {} if kind == "soft-f1" else {"weights": {"kind": weights}, "label_smoothing": 0.1}
    loss = make_loss(targets, kind, **values)
    start = logits.clone().requires_grad_()
    loss(start, EMBEDDING, targets).backward()
    assert start.grad is not None
    assert torch.isfinite(start.grad).all()
    assert start.grad.any()


@pytest.mark.parametrize("kind", KINDS)
def test_soft_labels_lie_between_hard_ones(logits: torch.Tensor, kind: str) -> None:
    """The cross entropies are linear in the labels; the macro F1 is not, but stays between 0 and 1."""
    first, second = torch.eye(3)[[0, 2, 2, 1]], torch.eye(3)[[1, 2, 0, 1]]
    loss = make_loss(first, kind)
    value = loss.classes(logits, (first + second) / 2)
    if kind == "soft-f1":
        assert 0 < value < 1
    else:
        expected = (loss.classes(logits, first) + loss.classes(logits, second)) / 2
        torch.testing.assert_close(value, expected)


def test_each_kind_has_its_own_settings_and_output() -> None:
    assert isinstance(TypeAdapter(LossSettings).validate_python({}), CrossEntropySettings)
    outputs = [output_of(loss_settings(kind)) for kind in KINDS]
    assert outputs == ["single-label", *["multi-label"] * 3]
    for kind, setting in (
        ("soft-f1", "hard_example_fraction"),
        ("cross-entropy", "gamma"),
        ("soft-f1", "weights"),
    ):
        with pytest.raises(ValidationError, match=f"{setting}[\\s\\S]*not permitted"):
            TypeAdapter(LossSettings).validate_python({"kind": kind, setting: 1})
    with pytest.raises(ValidationError, match="focal"):
        loss_settings("hinge")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_of_tiles_or_of_the_batch(logits: torch.Tensor, kind: str) -> None:
    settings, targets = loss_settings(kind), torch.eye(3)[[0, 2, 2, 1]]
    loss = make_class_loss(settings, targets.numpy())
    assert loss.output == output_of(settings)
    assert loss(logits, targets).shape == ((1,) if kind == "soft-f1" else (4,))

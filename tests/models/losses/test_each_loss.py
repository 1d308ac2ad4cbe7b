"""Each loss against a loop over tiles and classes in numpy, and what no loss may depend on."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.losses.binary_cross_entropy import binary_cross_entropy
from models.losses.cross_entropy import cross_entropy
from models.losses.focal import focal_loss
from models.losses.hard_examples import online_hard_example_mean
from models.losses.sigmoid_loss import smooth_labels
from models.losses.soft_f1 import soft_f1_loss

TILES, CLASSES = 6, 4
WEIGHTS = torch.tensor([0.5, 1.0, 2.0, 0.1])
POSITIVE = torch.tensor([1.0, 3.0, 2.5, 1.0])
ONES = torch.ones(CLASSES)


def draw(seed: int, *, soft: bool) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng(seed)
    logits = 2 * random.standard_normal((TILES, CLASSES))
    targets = random.random((TILES, CLASSES))
    targets = targets if soft else np.round(targets)
    return torch.from_numpy(logits).float(), torch.from_numpy(targets).float()


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy(soft: bool, smoothing: float) -> None:
    logits, targets = draw(1, soft=soft)
    expected = []
    for row, shares in zip(logits.tolist(), targets.tolist(), strict=True):
        total, whole = sum(math.exp(logit) for logit in row), sum(shares) or 1
        parts = [share / whole * (1 - smoothing) + smoothing / CLASSES for share in shares]
        chances = [math.exp(logit) / total for logit in row]
        terms = zip(WEIGHTS.tolist(), parts, chances, strict=True)
        expected.append(-sum(weight * part * math.log(chance) for weight, part, chance in terms))
    losses = cross_entropy(logits, targets, WEIGHTS, smoothing)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_loss_and_binary_cross_entropy(soft: bool, gamma: float) -> None:
    logits, targets = draw(2, soft=soft)
    expected = np.zeros((TILES, CLASSES))
    for tile in range(TILES):
        for label in range(CLASSES):
            chance, target = sigmoid(logits[tile, label].item()), targets[tile, label].item()
            positive = POSITIVE[label].item() * target * (1 - chance) ** gamma * math.log(chance)
            negative = (1 - target) * chance**gamma * math.log(1 - chance)
            expected[tile, label] = -WEIGHTS[label].item() * (positive + negative)
    np.testing.assert_allclose(
        focal_loss(logits, targets, gamma, WEIGHTS, POSITIVE), expected, rtol=1e-5, atol=1e-7
    )
    if gamma == 0:
        np.testing.assert_allclose(
            binary_cross_entropy(logits, targets, WEIGHTS, POSITIVE), expected, rtol=1e-5
        )


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_certain_focal_losses_have_gradients(gamma: float) -> None:
    logits = torch.tensor([[300.0, -300.0, 300.0, -300.0]], requires_grad=True)
    loss = focal_loss(logits, torch.tensor([[1.0, 1.0, 0.0, 0.0]]), gamma, ONES, ONES)
    loss.sum().backward()
    assert loss.detach().flatten().tolist() == pytest.approx([0, 300, 300, 0])
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad, [[0, -1, 1, 0]], atol=1e-6)


@pytest.mark.parametrize("soft", [True, False])
def test_soft_f1(soft: bool) -> None:
    logits, targets = draw(3, soft=soft)
    targets[:, 2] = 0
    scores = []
    for label in (0, 1, 3):
        right = wrong = missed = 0.0
        for tile in range(TILES):
            chance, target = sigmoid(logits[tile, label].item()), targets[tile, label].item()
            right += chance * target
            wrong += chance * (1 - target)
            missed += (1 - chance) * target
        scores.append(2 * right / (2 * right + wrong + missed))
    assert soft_f1_loss(logits, targets).item() == pytest.approx(1 - sum(scores) / 3, rel=1e-5)


def test_soft_f1_at_its_ends() -> None:
    targets = torch.eye(3)
    assert soft_f1_loss(200 * targets - 100, targets).item() == pytest.approx(0, abs=1e-6)
    assert soft_f1_loss(100 - 200 * targets, targets).item() == pytest.approx(1)
    logits = torch.zeros(2, 3, requires_grad=True)
    none = soft_f1_loss(logits, torch.zeros(2, 3))
    none.backward()
    assert none.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_smoothing_draws_labels_to_one_half() -> None:
    smooth = smooth_labels(torch.tensor([0.0, 0.5, 1.0]), 0.2)
    assert smooth.tolist() == pytest.approx([0.1, 0.5, 0.9])


LOSSES: dict[str, Callable] = {
    "cross-entropy": lambda logits, targets: cross_entropy(logits, targets, WEIGHTS, 0.1).mean(),
    "binary": lambda logits, targets: binary_cross_entropy(logits, targets, WEIGHTS, POSITIVE).mean(),
    "focal": lambda logits, targets: focal_loss(logits, targets, 2.0, WEIGHTS, POSITIVE).mean(),
    "soft-f1": soft_f1_loss,
    "hard_example_fraction": lambda logits, targets: online_hard_example_mean(
        cross_entropy(logits, targets, ONES, 0.0), 0.5
    ),
}


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=20)
@given(seed=st.integers(0, 1000), random=st.randoms())
def test_the_order_of_tiles_does_not_matter(name: str, seed: int, random) -> None:
    logits, targets = draw(seed, soft=True)
    order = list(range(TILES))
    random.shuffle(order)
    loss = LOSSES[name]
    torch.testing.assert_close(loss(logits[order], targets[order]), loss(logits, targets))


@given(
    losses=st.lists(st.floats(0, 100, width=32), min_size=1, max_size=40),
    part=st.floats(0.01, 1),
)
def test_the_hardest_are_the_largest(losses: list[float], part: float) -> None:
    count = max(1, round(part * len(losses)))
    expected = sum(sorted(losses, reverse=True)[:count]) / count
    assert online_hard_example_mean(torch.tensor(losses), part).item() == pytest.approx(
        expected, rel=1e-4, abs=1e-4
    )
    assert online_hard_example_mean(torch.tensor(losses), 1.0) == torch.tensor(losses).mean()


def test_easy_tiles_have_no_gradient() -> None:
    losses = torch.tensor([1.0, 4.0, 2.0, 3.0], requires_grad=True)
    online_hard_example_mean(losses, 0.5).backward()
    assert losses.grad is not None
    assert losses.grad.tolist() == [0, 0.5, 0, 0.5]

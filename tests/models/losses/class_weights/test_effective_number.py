import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.losses.class_weights.effective_number import effective_number_weights

COUNTS = st.lists(st.integers(0, 5000), min_size=2, max_size=28).filter(any)
ALPHAS = st.floats(0, 0.99999)


def by_recursion(count: int, alpha: float) -> float:
    """Add up the effective number tile by tile: Q_n = (V - 1) / V Q_(n-1) + 1, with (V - 1) / V = alpha."""
    effective = 0.0
    for _ in range(count):
        effective = alpha * effective + 1
    return effective


@pytest.mark.parametrize("alpha", [0.0, 0.5, 0.9, 0.99, 0.9999])
@pytest.mark.parametrize("shared", [True, False])
def test_weights_are_inverse_to_the_effective_numbers(alpha: float, shared: bool) -> None:
    counts = np.array([1, 2, 40, 700])
    plain = np.array([1 / by_recursion(int(count), alpha) for count in counts])
    mean = (plain * counts).sum() / counts.sum() if shared else plain.mean()
    weights = effective_number_weights(torch.from_numpy(counts), alpha, shared=shared)
    np.testing.assert_allclose(weights, plain / mean, rtol=1e-5)


@given(counts=COUNTS, alpha=ALPHAS, shared=st.booleans())
def test_the_mean_is_one_and_nothing_infinite(counts: list[int], alpha: float, shared: bool) -> None:
    weights = effective_number_weights(torch.tensor(counts), alpha, shared=shared).double()
    assert torch.isfinite(weights).all()
    assert (weights > 0).all()
    tiles = torch.tensor(counts, dtype=torch.float64)
    mean = (weights * tiles).sum() / tiles.sum() if shared else weights.mean()
    assert float(mean) == pytest.approx(1, rel=1e-5)


@given(counts=COUNTS, shared=st.booleans())
def test_alpha_zero_weighs_all_the_same(counts: list[int], shared: bool) -> None:
    weights = effective_number_weights(torch.tensor(counts), 0.0, shared=shared)
    torch.testing.assert_close(weights, torch.ones(len(counts)))


@given(counts=st.lists(st.integers(1, 5000), min_size=2, max_size=28), shared=st.booleans())
def test_alpha_near_one_weighs_by_inverse_frequency(counts: list[int], shared: bool) -> None:
    weights = effective_number_weights(torch.tensor(counts), 1 - 1e-12, shared=shared)
    products = weights * torch.tensor(counts)
    torch.testing.assert_close(products, products.mean().expand(len(counts)), rtol=1e-3, atol=0)


@given(counts=COUNTS, alpha=ALPHAS, random=st.randoms())
def test_the_order_of_classes_does_not_matter(counts: list[int], alpha: float, random) -> None:
    order = list(range(len(counts)))
    random.shuffle(order)
    weights = effective_number_weights(torch.tensor(counts), alpha, shared=True)
    shuffled = effective_number_weights(torch.tensor(counts)[order], alpha, shared=True)
    torch.testing.assert_close(shuffled, weights[order])


def test_a_class_without_tiles_weighs_as_the_rarest() -> None:
    weights = effective_number_weights(torch.tensor([500, 0, 3]), 0.99, shared=False)
    assert weights[1] == weights[2] > weights[0]


def test_no_tile_at_all_weighs_nothing_differently() -> None:
    assert effective_number_weights(torch.zeros(3), 0.9, shared=True).tolist() == [1, 1, 1]


def test_a_part_of_a_tile_counts_for_one() -> None:
    weights = effective_number_weights(torch.tensor([0.001, 1.0]), 0.9, shared=False)
    assert weights.tolist() == pytest.approx([1, 1])

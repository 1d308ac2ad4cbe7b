import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.rules.image_mean import average_with_image_mean

COUNT, CLASSES = 9, 4
IMAGES = st.lists(st.sampled_from("abcd"), min_size=COUNT, max_size=COUNT).map(lambda ids: np.array(ids, str))
PROBABILITIES = arrays(np.float32, (COUNT, CLASSES), elements=st.floats(0, 1, width=32))
COUNTED = arrays(np.bool_, COUNT)


@given(PROBABILITIES, IMAGES, st.floats(0, 1), COUNTED)
def test_as_cell_by_cell(
    probabilities: np.ndarray, images: np.ndarray, share: float, counted: np.ndarray
) -> None:
    expected = []
    for row, image in zip(probabilities.astype(np.float64), images, strict=True):
        others = probabilities[(images == image) & counted].astype(np.float64)
        expected.append((1 - share) * row + share * others.mean(axis=0) if len(others) else row)
    before = probabilities.copy()
    blended = average_with_image_mean(probabilities, images, share, counted)
    assert blended.dtype == np.float32
    np.testing.assert_allclose(blended, expected, atol=1e-6)
    np.testing.assert_array_equal(probabilities, before)


@given(PROBABILITIES, IMAGES, st.permutations(range(COUNT)))
def test_the_order_of_cells_does_not_matter(
    probabilities: np.ndarray, images: np.ndarray, order: list[int]
) -> None:
    blended = average_with_image_mean(probabilities, images, 0.5)
    np.testing.assert_allclose(
        average_with_image_mean(probabilities[order], images[order], 0.5), blended[order], atol=1e-6
    )


@pytest.mark.parametrize(("share", "expected"), [(0.0, [1.0, 0.0, 0.3]), (1.0, [0.5, 0.5, 0.3])])
def test_nothing_and_all(share: float, expected: list[float]) -> None:
    probabilities = np.array([[1.0], [0.0], [0.3]], np.float32)
    blended = average_with_image_mean(probabilities, np.array(["b", "b", "a"]), share)
    np.testing.assert_allclose(blended[:, 0], expected, atol=1e-7)


def test_probabilities_stay_probabilities() -> None:
    probabilities = np.random.default_rng(1).dirichlet(np.ones(19), 500).astype(np.float32)
    probabilities[:100] = np.eye(19, dtype=np.float32)[7]
    blended = average_with_image_mean(probabilities, np.array(["one", "other"] * 250), 0.3)
    np.testing.assert_allclose(blended.sum(axis=1), 1, atol=1e-5)
    assert blended.min() >= 0
    assert blended.max() <= 1


def test_no_cells() -> None:
    assert average_with_image_mean(np.zeros((0, 3)), np.zeros(0, str), 0.5).shape == (0, 3)

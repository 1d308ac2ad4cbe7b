import numpy as np
import pytest
from sklearn.metrics import f1_score

from data.thresholds.f1_curve import choose_nearest, make_grid, measure_f1_curves


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_f1_curves_as_scikit_learn_has_them(kind: type) -> None:
    random = np.random.default_rng(0)
    probabilities = np.round(random.random((60, 4)), 2).astype(kind)
    positive = random.random((60, 4)) < 0.3
    positive[:, 3] = False
    grid = make_grid(0.0, 1.0, 0.05)
    curves = measure_f1_curves(probabilities, positive, grid)
    for row, threshold in enumerate(grid):
        found = probabilities.astype(np.float64) >= threshold
        expected = f1_score(positive, found, average=None, zero_division=0)
        np.testing.assert_allclose(curves[row], expected)


@pytest.mark.parametrize(
    ("least", "most", "step", "expected"),
    [
        (
            0.1,
            0.9,
            0.05,
            [0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9],
        ),
        (0.0, 1.0, 0.3, [0.0, 0.3, 0.6, 0.9]),
        (0.4, 0.4, 0.1, [0.4]),
    ],
)
def test_grid(least: float, most: float, step: float, expected: list[float]) -> None:
    assert make_grid(least, most, step).tolist() == expected


def test_grid_of_thousandths_ends_at_one() -> None:
    grid = make_grid(0.0, 1.0, 0.001)
    assert len(grid) == 1001
    assert grid[-1] == 1.0


def test_the_lower_of_two_equally_near() -> None:
    grid = np.array([0.2, 0.4, 0.6, 0.8])
    scores = np.array([[1.0, 0.0], [0.5, 1.0], [0.5, 1.0], [1.0, 0.0]])
    assert choose_nearest(scores, grid).tolist() == [0.2, 0.4]
    assert choose_nearest(scores, grid, np.array([0.7, 0.61])).tolist() == [0.8, 0.6]

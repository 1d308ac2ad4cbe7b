"""The rank of a cell in its image beside plain loops over cells."""

import numpy as np

from data.rules.rare_rules import RareRules, apply_rare_rules


def rank(values: np.ndarray, image_ids: np.ndarray) -> np.ndarray:
    """Return the mean place of a cell among those of its image and its equals, as a share of the cells."""
    ranks = np.empty_like(values)
    for row, label in np.ndindex(values.shape):
        inside = sorted(values[image_ids == image_ids[row], label].tolist())
        places = [place for place, other in enumerate(inside, start=1) if other == values[row, label]]
        ranks[row, label] = np.mean(places) / len(inside)
    return ranks


def test_ranks_of_cells_in_any_order_with_equals() -> None:
    rng = np.random.default_rng(3)
    image_ids = rng.choice([f"image {number}" for number in range(40)], 300)
    image_ids[0] = "alone"
    values = rng.integers(0, 6, (300, 4)) / 8
    images = np.full_like(values, 1.0)
    ranked = apply_rare_rules(values, images, image_ids, RareRules(rank_weight=1.0), np.array([0, 2]))
    expected = values.copy()
    expected[:, [0, 2]] = rank(values[:, [0, 2]], image_ids)
    np.testing.assert_allclose(ranked, expected, rtol=1e-12)


def test_ranks_of_very_many_images() -> None:
    # A pass over all cells for each image would take many minutes.
    image_ids = np.repeat([f"{number:06}" for number in range(100_000)], 2)
    values = np.tile([[0.2], [0.6]], (100_000, 1))
    images = np.ones_like(values)
    ranked = apply_rare_rules(values, images, image_ids, RareRules(rank_weight=1.0), np.array([0]))
    assert ranked[:, 0].tolist() == [0.5, 1.0] * 100_000

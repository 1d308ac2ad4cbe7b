import numpy as np
import pytest

from data.errors import InputError
from data.score import mask_overlap
from data.score.mask_overlap import MaskRuns, find_overlaps, mask_from_runs


def masks(count: int) -> list[MaskRuns]:
    return [mask_from_runs(np.array([place, 8, 92 - place]), 10) for place in range(count)]


def test_pairs_are_compared_in_parts(monkeypatch) -> None:
    expected = find_overlaps(masks(20), masks(30), 0.3)
    monkeypatch.setattr(mask_overlap, "_PAIRS_AT_A_TIME", 70)
    for found, right in zip(find_overlaps(masks(20), masks(30), 0.3), expected, strict=True):
        np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize(
    ("bound", "value", "message"),
    [
        ("_MAX_PAIRS", 40, "x: more than 40 pairs of masks that lie over each other"),
        ("_MAX_BOXES", 500, "x: 20 and 30 masks to compare"),
    ],
)
def test_far_more_masks_than_cells_are_refused(monkeypatch, bound: str, value: int, message: str) -> None:
    monkeypatch.setattr(mask_overlap, bound, value)
    with pytest.raises(InputError, match=message):
        find_overlaps(masks(20), masks(30), 0.3, where="x")

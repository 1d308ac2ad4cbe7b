import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from data.masks.rle import decode_runs, encode_mask
from data.score.mask_overlap import MaskRuns, find_overlaps, intersection_area, mask_from_runs


def lay_out(mask: np.ndarray) -> MaskRuns:
    return mask_from_runs(decode_runs(encode_mask(mask)), mask.shape[0])


@st.composite
def mask_pairs(draw: st.DrawFn) -> list[np.ndarray]:
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    masks = []
    for _ in range(2):
        if draw(st.booleans()):
            masks.append(draw(npst.arrays(bool, shape)))
            continue
        mask = np.zeros(shape, bool)
        (y0, y1), (x0, x1) = (sorted(draw(st.tuples(*[st.integers(0, side)] * 2))) for side in shape)
        mask[y0:y1, x0:x1] = True
        masks.append(mask)
    return masks


@given(mask_pairs())
def test_intersection_is_that_of_the_full_masks(masks: list[np.ndarray]) -> None:
    first, second = masks
    assert intersection_area(lay_out(first), lay_out(second)) == (first & second).sum()


@given(mask_pairs())
def test_area_and_box(masks: list[np.ndarray]) -> None:
    for mask in masks:
        runs = lay_out(mask)
        assert runs.area == mask.sum()
        y, x = np.nonzero(mask)
        y0, x0, y1, x1 = runs.box
        if runs.area:
            assert (x0, x1) == (x.min(), x.max() + 1)
            # A stretch over a column's end makes the box as high as the image.
            assert (y0, y1) in {(y.min(), y.max() + 1), (0, mask.shape[0])}


@given(mask_pairs(), st.sampled_from([0.01, 0.5, 0.6, 1.0]))
def test_pairs_above_the_bound_and_no_others(masks: list[np.ndarray], min_iou: float) -> None:
    first, second = masks
    groups = [first, second, first & second], [second, first | second]
    expected = {}
    for i, one in enumerate(groups[0]):
        for j, other in enumerate(groups[1]):
            union = (one | other).sum()
            iou = (one & other).sum() / union if union else 0.0
            if iou >= min_iou:
                expected[i, j] = iou
    i, j, ious = find_overlaps(*([lay_out(mask) for mask in group] for group in groups), min_iou)
    assert dict(zip(zip(i.tolist(), j.tolist(), strict=True), ious.tolist(), strict=True)) == expected
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == sorted(expected)


def test_runs_of_length_0_join_their_neighbours() -> None:
    plain = mask_from_runs(np.array([2, 5, 3]), 10)
    for runs in ([2, 2, 0, 3, 3], [1, 0, 1, 5, 3], [2, 5, 3, 0], [2, 5, 1, 0, 2]):
        odd = mask_from_runs(np.array(runs), 10)
        assert (odd.edges.tolist(), odd.area, odd.box) == (plain.edges.tolist(), plain.area, plain.box)
    assert mask_from_runs(np.array([4, 0, 6]), 10).area == 0


def test_edges_of_the_largest_images_are_exact() -> None:
    side = 60_000
    mask = mask_from_runs(np.array([side**2 - 3, 2, 1]), side)
    other = mask_from_runs(np.array([side**2 - 2, 2]), side)
    assert intersection_area(mask, other) == 1
    assert mask.box == (side - 3, side - 1, side - 1, side)


@pytest.mark.parametrize("count", [0, 3])
def test_no_masks(count: int) -> None:
    masks = [lay_out(np.ones((2, 2), bool))] * count
    for groups in (([], masks), (masks, [])):
        assert [len(part) for part in find_overlaps(*groups, 0.6)] == [0, 0, 0]

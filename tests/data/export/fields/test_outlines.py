"""Outlines against shapely's rules, and against the pixels they came from."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import ndimage

from data.export.fields.outlines import Outline, trace_outline
from tests.factories.exports.unusual_fields import draw_odd

NOTCHED = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


def fill(rings: list[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Draw rings by the crossings of each pixel's centre: a plain reference."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    inside = np.zeros(shape, bool)
    for ring in rings:
        for (x0, y0), (x1, y1) in pairwise(ring):
            if y0 != y1:
                crosses = (y >= min(y0, y1)) & (y < max(y0, y1))
                inside ^= crosses & (x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    return inside


def check(mask: NDArray[np.bool_]) -> Outline:
    outline = trace_outline(mask)
    assert outline is not None
    np.testing.assert_array_equal(fill(outline.rings, mask.shape), outline.mask)
    labels, parts = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())[1:]
    assert (outline.parts, np.count_nonzero(outline.mask)) == (parts, sizes.max())
    for ring in outline.rings:
        np.testing.assert_array_equal(ring[0], ring[-1])
    shapely = pytest.importorskip("shapely")
    polygon = shapely.Polygon(outline.rings[0], outline.rings[1:])
    assert polygon.is_valid, shapely.is_valid_reason(polygon)
    assert polygon.exterior.is_ccw
    assert not any(hole.is_ccw for hole in polygon.interiors)
    rings = [polygon.exterior, *polygon.interiors]
    assert all(not a.intersects(b) for n, a in enumerate(rings) for b in rings[n + 1 :])
    # Each corner that is cut has an eighth of a pixel: half a pixel for each ring.
    assert polygon.area == np.count_nonzero(outline.mask) - 0.5 + 0.5 * len(polygon.interiors)
    return outline


@settings(max_examples=300, deadline=None)
@given(NOTCHED)
def test_every_mask_has_a_valid_outline_with_its_pixels(mask: NDArray[np.bool_]) -> None:
    if mask.any():
        check(mask)
    else:
        assert trace_outline(mask) is None


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.2, 0.8))
def test_rough_masks(seed: int, level: float) -> None:
    random = np.random.default_rng(seed)
    check(ndimage.gaussian_filter(random.random((60, 45)), 1.2) > level * 0.2 + 0.4)


def test_masks_that_touch_themselves() -> None:
    ring = np.ones((5, 5), bool)
    ring[1:4, 1:4] = ring[0, 0] = False
    assert len(check(ring).rings) == 2
    assert len(check(np.indices((6, 7)).sum(axis=0) % 2 == 0).rings) > 2


def test_a_pixel_and_a_place_in_the_image() -> None:
    outline = trace_outline(np.ones((1, 1), bool), x=30, y=7)
    assert outline is not None
    assert sorted(map(tuple, outline.rings[0][:-1])) == [(30, 7.5), (30.5, 7), (30.5, 8), (31, 7.5)]


def test_points_on_straight_edges_are_left_out() -> None:
    outline = trace_outline(np.ones((50, 70), bool))
    assert outline is not None
    assert len(outline.rings[0]) == 9


def test_the_largest_part_is_taken() -> None:
    outline = check(draw_odd()[1] == 1)
    assert (outline.parts, np.count_nonzero(outline.mask)) == (2, 400)

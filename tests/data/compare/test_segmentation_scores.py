"""Figures of merit of segmentations, against plain loops over cells and pixels."""

import numpy as np
import pytest
from numpy.typing import NDArray

from data.compare.segmentation_scores import THRESHOLDS, SegmentationScores, pool_scores, score_segmentation

Labels = NDArray[np.int32]


def draw(seed: int, cells: int, size: int = 60) -> Labels:
    """Return overlapping discs, with gaps in their numbers."""
    random = np.random.default_rng(seed)
    labels = np.zeros((size, size + 7), np.int32)
    y, x = np.mgrid[:size, : size + 7]
    for number in range(cells):
        cy, cx, radius = random.uniform(0, size), random.uniform(0, size), random.uniform(4, 12)
        labels[np.hypot(y - cy, x - cx) < radius] = 2 * number + 3
    return labels


def moved(labels: Labels, by: int) -> Labels:
    return np.roll(labels, by, axis=1)


def iou(a: Labels, b: Labels, i: int, j: int) -> float:
    return ((a == i) & (b == j)).sum() / ((a == i) | (b == j)).sum()


def cells_of(labels: Labels) -> list[int]:
    return [int(number) for number in np.unique(labels) if number]


def plain_aji(reference: Labels, predicted: Labels) -> float:
    """As Kumar et al. (2017) describe it in words."""
    shared = joined = 0
    used = set()
    for i in cells_of(reference):
        ious = {j: iou(reference, predicted, i, j) for j in cells_of(predicted)}
        j = max(ious, key=lambda each: ious[each], default=0)
        if not j or ious[j] == 0:
            joined += int((reference == i).sum())
            continue
        used.add(j)
        shared += int(((reference == i) & (predicted == j)).sum())
        joined += int(((reference == i) | (predicted == j)).sum())
    joined += sum(int((predicted == j).sum()) for j in cells_of(predicted) if j not in used)
    return shared / joined


def plain_edge(labels: Labels) -> list[tuple[int, int]]:
    edge = []
    height, width = labels.shape
    for y, x in np.argwhere(labels):
        around = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
        if any(0 <= v < height and 0 <= u < width and labels[v, u] != labels[y, x] for v, u in around):
            edge.append((int(y), int(x)))
    return edge


def plain_boundary_f1(reference: Labels, predicted: Labels, tolerance: float) -> float:
    edges = [np.array(plain_edge(labels)) for labels in (reference, predicted)]
    apart = np.hypot(*(edges[0][:, np.newaxis] - edges[1][np.newaxis]).transpose(2, 0, 1))
    recall, precision = (apart.min(axis=1) <= tolerance).mean(), (apart.min(axis=0) <= tolerance).mean()
    return 2 * precision * recall / (precision + recall)


PAIRS = [(draw(1, 8), moved(draw(1, 8), 2)), (draw(2, 9), draw(3, 6)), (draw(4, 5), moved(draw(4, 5), 1))]


@pytest.mark.parametrize(("reference", "predicted"), PAIRS)
def test_against_plain_loops(reference: Labels, predicted: Labels) -> None:
    scores = score_segmentation(reference, predicted, 2.0)
    m, n = len(cells_of(reference)), len(cells_of(predicted))
    ious = np.array(
        [[iou(reference, predicted, i, j) for j in cells_of(predicted)] for i in cells_of(reference)]
    )
    for place, threshold in enumerate(THRESHOLDS):
        matched = int((ious > threshold if threshold == 0.5 else ious >= threshold).sum())
        assert scores.matched[place] == matched
        assert scores.f1[place] == pytest.approx(2 * matched / (m + n))
        assert scores.accuracy[place] == pytest.approx(matched / (m + n - matched))
    assert scores.aji == pytest.approx(plain_aji(reference, predicted))
    assert scores.boundary_f1 == pytest.approx(plain_boundary_f1(reference, predicted, 2.0))


def test_a_segmentation_and_itself() -> None:
    labels = draw(5, 7)
    scores = score_segmentation(labels, labels, 1.0)
    assert (scores.f1 == 1).all()
    assert (scores.accuracy == 1).all()
    assert (scores.aji, scores.boundary_f1, scores.area_ratio) == (1, 1, 1)


def test_outlines_that_are_too_tight() -> None:
    wide, tight = np.zeros((2, 80, 80), np.int32)
    wide[10:70, 10:70], tight[15:65, 15:65] = 1, 9
    scores = score_segmentation(wide, tight, 4.9)
    assert scores.area_ratio == pytest.approx(2500 / 3600)
    assert scores.aji == pytest.approx(2500 / 3600)
    assert scores.boundary_f1 == 0
    assert score_segmentation(wide, tight, 5.0).right_edge == 4 * 49
    assert score_segmentation(tight, wide, 5.0).area_ratio == pytest.approx(3600 / 2500)


def test_two_halves_are_no_match() -> None:
    whole, halves = np.zeros((2, 20, 40), np.int32)
    whole[:, :], halves[:, :20], halves[:, 20:] = 1, 1, 2
    assert (score_segmentation(whole, halves, 1).matched == 0).all()


def test_images_without_cells() -> None:
    none, one = np.zeros((2, 10, 10), np.int32)
    one[2:6, 2:6] = 1
    nothing = score_segmentation(none, none, 1)
    assert np.isnan(
        [*nothing.f1, *nothing.accuracy, nothing.aji, nothing.boundary_f1, nothing.area_ratio]
    ).all()
    for pair in ((none, one), (one, none)):
        scores = score_segmentation(*pair, 1)
        assert (scores.f1 == 0).all()
        assert (scores.aji, scores.boundary_f1) == (0, 0)
        assert np.isnan(scores.area_ratio)


def test_fields_are_pooled_by_their_cells() -> None:
    each = [score_segmentation(*pair, 2.0) for pair in PAIRS]
    pooled: SegmentationScores = pool_scores(each)
    assert pooled.reference_cells == sum(len(cells_of(pair[0])) for pair in PAIRS)
    assert (pooled.matched == sum(scores.matched for scores in each)).all()
    assert pooled.aji == pytest.approx(sum(s.shared_area for s in each) / sum(s.joined_area for s in each))

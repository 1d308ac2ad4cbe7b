import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.segmenters.dpn_unet.labelling.label_cells import label_cells
from models.segmenters.segmenter import SegmentedField

BOTH_MODES = pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])


def _maps(inside: np.ndarray, border: np.ndarray | None = None) -> np.ndarray:
    """Stack planes to a prediction (h, w, 3) uint8."""
    border = np.zeros_like(inside) if border is None else border
    return np.stack([255 - np.maximum(inside, border), border, inside], axis=2).astype(np.uint8)


def _equal_up_to_numbers(one: np.ndarray, other: np.ndarray) -> bool:
    pairs = np.unique(one.astype(np.int64) * 65_536 + other)
    rows, columns = np.divmod(pairs, 65_536)
    distinct = len(np.unique(rows)) == len(np.unique(columns)) == pairs.size
    return distinct and bool(np.all((rows == 0) == (columns == 0)))


LEVELS = st.sampled_from([0, 20, 70, 128, 200, 255])
COARSE = st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(6)).flatmap(
    lambda shape: arrays(np.uint8, shape, elements=LEVELS)
)


@BOTH_MODES
@settings(max_examples=60, deadline=None)
@given(coarse=COARSE, enlarged=st.integers(1, 8), output=st.tuples(st.integers(1, 90), st.integers(1, 90)))
def test_any_maps_give_a_sound_field(
    exact: bool, coarse: np.ndarray, enlarged: int, output: tuple[int, int]
) -> None:
    maps = np.kron(coarse, np.ones((enlarged, enlarged, 1), np.uint8))
    for shape in (None, output):
        nuclei, cells = label_cells(
            maps[..., :3], maps[..., 3:], exact=exact, pixel_size_um=1.0, output_shape=shape
        )
        field = SegmentedField(nuclei=nuclei, cells=cells)  # numbers without gaps, nuclei in their cells
        assert cells.shape == (shape or maps.shape[:2])
        assert field.count == len(np.unique(cells[nuclei > 0]))


@st.composite
def _cells_apart(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Draw predictions of cells that do not touch, one at most in each place of a grid."""
    taken = draw(arrays(bool, (3, 4)))
    nuclei, cells = np.zeros((150, 200), np.uint8), np.zeros((150, 200), np.uint8)
    for row, column in np.argwhere(taken):
        centre = [int(column * 50 + 25), int(row * 50 + 25)]
        axes = draw(st.tuples(st.integers(12, 20), st.integers(12, 20)))
        cv2.ellipse(cells, centre, axes, draw(st.integers(0, 180)), 0, 360, 240, -1)
        cv2.circle(nuclei, centre, 8, 240, -1)
    return _maps(nuclei), _maps(cells)


@BOTH_MODES
@settings(max_examples=15, deadline=None)
@given(predictions=_cells_apart(), before=st.integers(0, 20), after=st.integers(0, 20))
def test_background_around_a_field_changes_nothing(
    exact: bool, predictions: tuple[np.ndarray, np.ndarray], before: int, after: int
) -> None:
    padded = []
    for maps in predictions:
        maps = np.pad(maps, ((before, after), (after, before), (0, 0)))
        padded.append(maps)
    height, width = predictions[0].shape[:2]
    window = np.s_[before : before + height, after : after + width]
    plain = label_cells(*predictions, exact=exact, pixel_size_um=0.32)
    for expected, found in zip(plain, label_cells(*padded, exact=exact, pixel_size_um=0.32), strict=True):
        assert np.array_equal(expected, found[window])
        assert np.count_nonzero(expected) == np.count_nonzero(found)


@BOTH_MODES
@settings(max_examples=15, deadline=None)
@given(predictions=_cells_apart(), axis=st.integers(0, 1))
def test_a_mirrored_field_has_mirrored_cells(
    exact: bool, predictions: tuple[np.ndarray, np.ndarray], axis: int
) -> None:
    plain = label_cells(*predictions, exact=exact, pixel_size_um=0.32)
    mirrored = label_cells(*(np.flip(maps, axis) for maps in predictions), exact=exact, pixel_size_um=0.32)
    for expected, found in zip(plain, mirrored, strict=True):
        assert _equal_up_to_numbers(expected, np.flip(found, axis))

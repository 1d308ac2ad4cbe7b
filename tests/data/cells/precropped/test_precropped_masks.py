import numpy as np
import pytest

from data.cells.precropped.precropped_masks import find_cell_mask, find_nucleus_mask
from data.errors import InputError


def paint(ground: int = 0) -> np.ndarray:
    """A disc with a nucleus, a larger sliver of a neighbour without one, and some ringing."""
    y, x = np.mgrid[:200, :200]
    picture = np.full((4, 200, 200), ground, np.uint8)
    cell = (y - 80) ** 2 + (x - 80) ** 2 < 40**2
    picture[[0, 1, 3]] += (60 * cell).astype(np.uint8)
    picture[:, 150:, :] = np.array([60, 60, 5, 60], np.uint8)[:, None, None]
    nucleus = (y - 80) ** 2 + (x - 90) ** 2 < 15**2
    picture[2] += (120 * nucleus + 10 * cell).astype(np.uint8)
    picture[1, 60:100, 140] = 4
    return picture


def test_the_piece_with_the_nucleus_is_the_cell() -> None:
    picture = paint()
    mask = find_cell_mask(picture, where="a")
    assert mask.dtype == bool
    assert mask.sum() == pytest.approx(np.pi * 40**2, rel=0.03)
    assert not mask[150:].any()
    nucleus = find_nucleus_mask(picture[2], mask)
    assert nucleus.sum() == pytest.approx(np.pi * 15**2, rel=0.1)
    assert nucleus[80, 90]
    assert not (nucleus & ~mask).any()


def test_ringing_is_black() -> None:
    assert find_cell_mask(paint(4), where="a").sum() == pytest.approx(np.pi * 40**2, rel=0.03)


def test_a_dark_nucleus_is_part_of_the_cell() -> None:
    picture = paint()
    picture[:, 70:90, 80:100] = 0
    assert find_cell_mask(picture, where="a")[80, 90]


def test_without_nuclear_stain_the_largest_piece_is_the_cell() -> None:
    picture = paint()
    picture[2] = 0
    mask = find_cell_mask(picture, where="a")
    assert mask[160, 100]
    assert not find_nucleus_mask(picture[2], mask).any()


def test_an_all_black_picture() -> None:
    with pytest.raises(InputError, match="a: all black"):
        find_cell_mask(np.full((4, 30, 30), 3, np.uint8), where="a")

import cv2
import numpy as np
import pytest

from data.plots.composites import (
    composite,
    draw_outlines,
    find_contrast,
    find_outlines,
    protein_only,
    shrink,
    stretch_contrast,
)


def test_stretch_fills_the_range_and_leaves_empty_channels_dark() -> None:
    ramp = np.tile(np.arange(50, 150, dtype=np.uint8), (100, 1))
    empty = np.zeros_like(ramp)
    empty[0, 0] = 3
    stretched = stretch_contrast(np.stack([ramp, empty]))
    assert stretched[0].min() == 0
    assert stretched[0].max() == 255
    assert stretched[1].max() <= 40
    assert (np.diff(stretched[0].astype(int), axis=1) >= 0).all()


def test_a_tile_is_shown_with_the_contrast_of_its_field() -> None:
    field = np.tile(np.arange(0, 200, dtype=np.uint8), (1, 100, 1))
    contrast = find_contrast(field)
    dim = np.full((1, 10, 10), 20, np.uint8)
    assert stretch_contrast(dim, contrast).max() == pytest.approx(20 * 255 / 200, abs=4)
    assert contrast.shape == (1, 2)


def test_composite_takes_red_green_blue() -> None:
    image = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    assert composite(image)[0, 0].tolist() == [0, 1, 2]
    assert protein_only(image)[1, 2].tolist() == [1, 1, 1]
    assert composite(image).shape == (2, 3, 3)


@pytest.mark.parametrize(("shape", "expected"), [((100, 50, 3), (40, 20, 3)), ((30, 40, 3), (30, 40, 3))])
def test_shrink(shape: tuple, expected: tuple) -> None:
    assert shrink(np.zeros(shape, np.uint8), 40).shape == expected


def test_outlines_enclose_their_cells() -> None:
    cells = np.zeros((200, 300), np.uint16)
    cv2.ellipse(cells, (80, 90), (50, 30), 20, 0, 360, 1, -1)
    cells[100:200, 200:300] = 3
    outlines = find_outlines(cells)
    assert [outline.cell_id for outline in outlines] == [1, 3]
    for outline in outlines:
        filled = cv2.fillPoly(np.zeros_like(cells, np.uint8), [outline.points], 1).astype(bool)
        cell = cells == outline.cell_id
        assert (filled & cell).sum() / (filled | cell).sum() > 0.95


def test_outlines_are_drawn_to_scale() -> None:
    cells = np.zeros((40, 60), np.uint16)
    cells[10:30, 20:40] = 1
    picture = np.zeros((20, 30, 3), np.uint8)
    drawn = draw_outlines(picture, find_outlines(cells), scale=0.5, colour=(255, 0, 0))
    assert picture.max() == 0
    rows, columns = np.nonzero(drawn[..., 0])
    assert (rows.min(), rows.max()) == pytest.approx((5, 15), abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((10, 20), abs=1)

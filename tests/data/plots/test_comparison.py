import numpy as np
import pytest

from data.compare.verdicts import judge_cells
from data.plots.comparison import COLOUR_A, COLOUR_B, complete_channels, draw_comparison


def _boxes(shape: tuple[int, int], *boxes: tuple[int, int, int, int]) -> np.ndarray:
    labels = np.zeros(shape, np.uint16)
    for number, (y0, x0, y1, x1) in enumerate(boxes, start=1):
        labels[y0:y1, x0:x1] = number
    return labels


def _has(picture: np.ndarray, y: int, x: int, colour: tuple[int, ...]) -> bool:
    """Return whether a pixel near a place is of a colour, but for the smoothing of lines."""
    near = picture[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).astype(int)
    return bool((np.abs(near - colour).max(axis=1) < 60).any())


@pytest.mark.parametrize("shape", [(800, 800), (400, 800), (800, 300)])
def test_outlines_lie_where_the_cells_are_in_their_colours(shape: tuple[int, int]) -> None:
    a, b = _boxes(shape, (80, 60, 200, 160)), _boxes(shape, (240, 60, 340, 260))
    picture = draw_comparison(np.zeros((4, *shape), np.uint8), a, b, judge_cells(a, b), "", 422)
    assert (picture.shape, picture.dtype) == ((422, 422, 3), np.uint8)
    scale = 400 / max(shape)
    edges = {
        COLOUR_A: [(140, 60), (80, 110), (140, 159)],
        COLOUR_B: [(290, 60), (339, 160), (290, 259)],
    }
    for colour, places in edges.items():
        for y, x in places:
            assert _has(picture, round(y * scale) + 22, round(x * scale), colour)
    assert not picture[22 + round(shape[0] * scale) :].any()
    assert not picture[:, round(shape[1] * scale) :].any()


def test_what_is_not_matched_is_named() -> None:
    a, b = _boxes((400, 400), (40, 40, 180, 180), (240, 40, 380, 180)), _boxes((400, 400), (40, 40, 180, 180))
    judged = judge_cells(a, b)
    assert judged["verdict"].tolist() == ["matched", "missed"]
    dark = np.zeros((4, 400, 400), np.uint8)
    picture = draw_comparison(dark, a, b, judged, "", 422)
    assert not picture[22 + 60 : 22 + 160, 60:160].any()
    assert picture[22 + 260 : 22 + 360, 60:160].any()


def test_the_image_is_shown_and_the_caption_above_it() -> None:
    image = np.zeros((4, 300, 300), np.uint8)
    image[0, 100:200, 100:200] = 200
    empty = np.zeros((300, 300), np.uint16)
    picture = draw_comparison(image, empty, empty, judge_cells(empty, empty), "F1 -", 322)
    assert picture[22 + 150, 150].tolist() == [255, 0, 0]
    assert picture[:22].any()


def test_missing_channels_are_dark_and_sixteen_bits_become_eight() -> None:
    planes = np.full((2, 5, 6), 0x8080, np.uint16)
    image = complete_channels(planes, ("blue", "red"))
    assert image.shape == (4, 5, 6)
    assert [int(plane.max()) for plane in image] == [128, 0, 128, 0]

import numpy as np
import pytest

from data.errors import InputError
from data.own_masks.outlines import Shape, draw_shapes

SIZE = (40, 60)


def square(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]], float)


def test_pixels_whose_centre_lies_inside() -> None:
    drawn = draw_shapes(
        [Shape([square(5, 4, 20, 25)], "a"), Shape([square(20, 4, 38.4, 25)], "b")], SIZE, "f"
    )
    expected = np.zeros(SIZE, int)
    expected[4:25, 5:20], expected[4:25, 20:38] = 1, 2
    np.testing.assert_array_equal(drawn, expected)


def test_holes_and_several_pieces() -> None:
    rings = [square(5, 5, 25, 25), square(10, 10, 15, 15), square(40, 5, 45, 10)]
    expected = np.zeros(SIZE, int)
    expected[5:25, 5:25] = expected[5:10, 40:45] = 1
    expected[10:15, 10:15] = 0
    np.testing.assert_array_equal(draw_shapes([Shape(rings, "a")], SIZE, "f"), expected)


def test_what_reaches_beyond_the_image_is_cut_off() -> None:
    drawn = draw_shapes([Shape([square(-9, -3, 12, 99)], "a")], SIZE, "f")
    assert drawn[:, :12].all()
    assert not drawn[:, 12:].any()


def test_shared_outlines_go_to_the_first_and_overlaps_are_refused() -> None:
    first = Shape([square(5, 5, 20.6, 25)], "first")
    drawn = draw_shapes([first, Shape([square(19.4, 5, 30, 25)], "second")], SIZE, "f")
    assert (drawn[5:25, 19:21] == 1).all()
    with pytest.raises(InputError, match="f: first and second overlap by 100 px"):
        draw_shapes([first, Shape([square(16, 5, 30, 25)], "second")], SIZE, "f")


@pytest.mark.parametrize("ring", [square(100, 5, 120, 25), square(5.1, 5.1, 5.2, 5.2)])
def test_outlines_without_a_pixel_are_refused(ring: np.ndarray) -> None:
    with pytest.raises(InputError, match="a has no pixel in the image of 60 x 40 px"):
        draw_shapes([Shape([ring], "a")], SIZE, "f")

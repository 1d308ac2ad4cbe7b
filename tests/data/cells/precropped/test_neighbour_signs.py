import numpy as np
import pytest

from data.cells.precropped.precropped_masks import find_cell_mask
from data.errors import InputError


def draw(*centres: tuple[int, int], radius: int = 40, ground: int = 0, size: int = 200) -> np.ndarray:
    """Discs with a nucleus each, in all four channels, on an even ground."""
    y, x = np.mgrid[:size, :size]
    picture = np.full((4, size, size), ground, np.uint8)
    for cy, cx in centres:
        picture[:, (y - cy) ** 2 + (x - cx) ** 2 < radius**2] = np.array([60, 60, 10, 60], np.uint8)[:, None]
    for cy, cx in centres:
        picture[2, (y - cy) ** 2 + (x - cx) ** 2 < (radius * 0.4) ** 2] = 150
    return picture


_GRID = tuple((y, x) for y in (0, 66, 132, 199) for x in (0, 66, 132, 199))


@pytest.mark.parametrize(
    ("picture", "sign"),
    [
        (draw((100, 150), (100, 50)), "several pieces with nuclear stain"),
        (draw((100, 100), (20, 20), (180, 180), radius=35), "several pieces with nuclear stain"),
        (draw((60, 60), (60, 120), (120, 60)), "3 nuclei"),
        (draw(*_GRID, radius=50), "of the picture's border"),
        (draw((100, 190), ground=4), "the ground is not black"),
        (draw((100, 190), ground=12), "of the picture's border"),
    ],
    ids=["two", "three", "a clump", "confluent", "grey ground", "bright ground"],
)
def test_pictures_with_neighbours_have_no_mask(picture: np.ndarray, sign: str) -> None:
    with pytest.raises(InputError, match=f"neighbours seem to show: .*{sign}.*column mask of the index"):
        find_cell_mask(picture, where="a")
    assert find_cell_mask(picture, where="a", trust=True).any()


@pytest.mark.parametrize(
    "picture",
    [
        draw((100, 100)),
        draw((100, 100), ground=4),
        draw((100, 40)),
        draw((100, 100), radius=99),
        draw((100, 75), (100, 125)),
    ],
    ids=["alone", "on a dark ground", "at the border", "cut to its box", "dividing"],
)
def test_pictures_of_one_cell_have(picture: np.ndarray) -> None:
    mask = find_cell_mask(picture, where="a")
    assert mask.sum() == pytest.approx((picture[0] > 50).sum(), rel=0.03)

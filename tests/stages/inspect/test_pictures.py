import numpy as np

from data.plots.composites import composite, shrink
from stages.inspect.pictures import draw_tile, shrink_planes


def test_composite_and_protein_side_by_side() -> None:
    tile = np.zeros((4, 256, 256), np.uint8)
    tile[0], tile[1], tile[3] = 80, 200, 250
    picture = draw_tile(tile, np.array([[0, 200]] * 4, float), 64)
    assert picture.shape == (64, 128, 3)
    assert np.unique(picture[:, :64].reshape(-1, 3), axis=0).tolist() == [[102, 255, 0]]
    assert np.unique(picture[:, 64:]).tolist() == [255]


def test_planes_shrink_as_colours_do() -> None:
    image = np.random.default_rng(4).integers(0, 256, (4, 250, 190)).astype(np.uint8)
    small = shrink_planes(image, 80)
    np.testing.assert_array_equal(composite(small), shrink(composite(image), 80))

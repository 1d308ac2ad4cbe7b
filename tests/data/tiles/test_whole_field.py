import numpy as np
import pytest

from data.tiles.whole_field import shrink_field


@pytest.mark.parametrize(("shape", "size"), [((64, 64), 16), ((64, 32), 16), ((30, 90), 45), ((8, 8), 32)])
def test_proportions_means_and_mask(shape: tuple[int, int], size: int) -> None:
    image = np.random.default_rng(1).integers(0, 256, (4, *shape), np.uint8)
    made = shrink_field(image, size)
    assert made.tiles.shape == (1, 4, size, size)
    inside = made.cell_masks[0]
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    assert len(rows) == round(shape[0] * size / max(shape))
    assert len(columns) == round(shape[1] * size / max(shape))
    assert inside.sum() == len(rows) * len(columns)
    # In the middle, as near as whole pixels allow.
    assert abs((rows[0] - 0) - (size - 1 - rows[-1])) <= 1
    assert abs((columns[0] - 0) - (size - 1 - columns[-1])) <= 1
    assert not made.tiles[0][:, ~inside].any()
    assert not made.nucleus_masks.any()
    np.testing.assert_allclose(made.mean_intensities[0], image.mean(axis=(1, 2)) / 255, rtol=1e-5)


def test_pixels_are_averaged() -> None:
    image = np.random.default_rng(2).integers(0, 256, (4, 24, 24), np.uint8)
    blocks = image.reshape(4, 6, 4, 6, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(shrink_field(image, 6).tiles[0], blocks, atol=0.51)

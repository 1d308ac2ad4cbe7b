import numpy as np
import pytest
from skimage.measure import regionprops

from data.masks.centroid import find_centroid
from data.masks.rle import decode_runs, encode_mask


@pytest.mark.parametrize("seed", range(6))
def test_centroids_are_those_of_scikit_image(seed: int) -> None:
    random = np.random.default_rng(seed)
    mask = random.random((int(random.integers(1, 40)), int(random.integers(1, 40)))) < random.random()
    mask[-1, -1] = True
    # Runs that go over several columns.
    mask[:, : mask.shape[1] // 3] = True
    y, x = regionprops(mask.astype(np.uint8))[0].centroid
    assert find_centroid(decode_runs(encode_mask(mask)), mask.shape[0]) == pytest.approx((x, y))


def test_an_empty_mask_has_none() -> None:
    assert np.isnan(find_centroid(decode_runs(encode_mask(np.zeros((3, 4), bool))), 3)).all()

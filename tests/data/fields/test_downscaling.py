import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.fields.downscaling import reduce_plane


@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)), factor=st.integers(1, 4), seed=st.integers(0, 99)
)
def test_reduced_planes_are_block_means(size: tuple[int, int], factor: int, seed: int) -> None:
    plane = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    padded = np.pad(plane / 255, [(0, -side % factor) for side in size], mode="edge")
    rows, columns = (side // factor for side in padded.shape)
    means = padded.reshape(rows, factor, columns, factor).mean(axis=(1, 3))
    assert np.allclose(reduce_plane(plane, factor), means, atol=1e-6)

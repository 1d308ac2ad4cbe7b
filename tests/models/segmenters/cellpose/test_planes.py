import numpy as np

from models.segmenters.cellpose.planes import stack_for, to_ranges


def test_each_stain_is_scaled_to_its_own_range() -> None:
    ramp = np.linspace(0, 1, 10_000, dtype=np.float32).reshape(100, 100)
    planes = np.stack([0.2 + 0.5 * ramp, np.zeros_like(ramp), 0.3 + 0.01 * ramp])
    scaled = to_ranges(planes)
    np.testing.assert_allclose(np.percentile(scaled[0], (1, 99)), (0, 1), atol=1e-5)
    assert scaled[0].min() < 0
    assert scaled[0].max() > 1
    # Dark, and noise.
    assert not scaled[1:].any()


def test_which_stain_is_where() -> None:
    planes = np.random.default_rng(0).random((3, 40, 50), np.float32)
    red, yellow, blue = to_ranges(planes)
    two = stack_for("cyto3", planes)
    np.testing.assert_array_equal(two, np.stack([(red + yellow) / 2, blue], axis=-1))
    for model in ("cpsam", "cpsam_v2"):
        np.testing.assert_array_equal(stack_for(model, planes), np.stack([red, yellow, blue], axis=-1))
    planes[1] = 0
    np.testing.assert_array_equal(stack_for("cyto3", planes)[..., 0], red / 2)

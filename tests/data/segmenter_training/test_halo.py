"""Light out of focus around cells."""

import numpy as np
import pytest
from scipy import ndimage

from data.segmenter_training.halo import HaloSettings, add_halo


def test_a_blurred_copy_of_the_light_is_added() -> None:
    stains = np.zeros((3, 128, 128), np.float32)
    stains[0, 48:80, 48:80] = 0.9
    light = stains[0] ** 2
    settings = HaloSettings(part=1, strength=(0.1, 0.1), width_px=(12.0, 12.0))
    add_halo(stains, settings, np.random.default_rng(0))
    expected = light + 0.1 * ndimage.gaussian_filter(light, 12.0, mode="mirror")
    assert np.abs(stains[0] ** 2 - expected).max() < 0.002
    assert stains[0, 64, 90] > 0.05
    assert not stains[1:].any()


def test_strength_and_width_lie_within_their_ranges() -> None:
    added = []
    for seed in range(30):
        stains = np.ones((3, 64, 64), np.float32)
        add_halo(stains, HaloSettings(strength=(0.02, 0.1)), np.random.default_rng(seed))
        added += (stains**2 - 1).mean(axis=(1, 2)).tolist()
    assert 0.019 < min(added) < 0.03
    assert 0.08 < max(added) < 0.101
    assert np.exp(np.log(added).mean()) == pytest.approx(np.sqrt(0.02 * 0.1), rel=0.15)

import numpy as np
import pytest

from models.segmenters.postprocessing.foreground import otsu_threshold, stretch_stain


def test_a_stain_is_stretched_to_0_and_1() -> None:
    stain = np.full((60, 80), 0.1, np.float32)
    stain[20:40, 20:60] = 0.3
    stretched = stretch_stain(stain, 1.0)
    assert stretched[5, 5] == 0
    assert stretched[30, 40] == pytest.approx(1, abs=1e-5)
    assert stretched.dtype == np.float32


def test_scale_and_offset_change_nothing() -> None:
    stain = np.random.default_rng(3).gamma(2.0, size=(50, 50)).astype(np.float32)
    stain[10:30, 10:30] += 40
    assert np.allclose(stretch_stain(stain, 1.0), stretch_stain(stain * 0.01 + 0.2, 1.0), atol=1e-4)


def test_noise_alone_is_an_empty_stain() -> None:
    noise = np.random.default_rng(1).normal(0.2, 0.02, (200, 200)).astype(np.float32)
    assert not stretch_stain(noise, 1.5).any()
    assert not stretch_stain(np.full((20, 20), 0.5, np.float32), 1.5).any()


def test_otsu_parts_two_classes() -> None:
    random = np.random.default_rng(0)
    values = np.concatenate([random.normal(1, 0.2, 900), random.normal(5, 0.2, 100)])
    assert 2 < otsu_threshold(values) < 4.5

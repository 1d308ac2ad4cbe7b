import numpy as np
import pytest

from data.score.bootstrap import draw_samples, find_interval


def test_samples_have_as_many_images_and_are_those_of_the_seed() -> None:
    samples = draw_samples(7, 50, seed=3)
    assert samples.shape == (50, 7)
    assert (samples.sum(axis=1) == 7).all()
    assert np.array_equal(samples, draw_samples(7, 50, seed=3))
    assert not np.array_equal(samples, draw_samples(7, 50, seed=4))
    assert draw_samples(7, 0, seed=3).shape == (0, 7)


def test_the_middle_of_the_values() -> None:
    values = np.append(np.arange(1001.0), np.nan)
    assert find_interval(values) == pytest.approx((25, 975))
    assert np.isnan(find_interval(np.empty(0))).all()

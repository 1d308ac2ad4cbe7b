import numpy as np
import pytest
from scipy import stats

from data.simulate.drawing.textures import Textures, smooth_noise


@pytest.mark.parametrize("sigma", [1.0, 2.5, 9.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_is_gaussian_with_the_correlation_asked_for(sigma, dtype):
    noise = smooth_noise((700, 900), sigma, np.random.default_rng(3), dtype)
    assert noise.shape == (700, 900)
    assert noise.dtype == dtype
    assert noise.mean() == pytest.approx(0.0, abs=0.06)
    assert noise.std() == pytest.approx(1.0, abs=0.06)
    assert abs(stats.kurtosis(noise.ravel())) < 0.3
    # White noise blurred by a Gaussian is correlated as a Gaussian sqrt(2) as wide.
    shift = round(sigma)
    expected = np.exp(-((shift / sigma) ** 2) / 4)
    for one, other in ((noise[shift:], noise[:-shift]), (noise[:, shift:], noise[:, :-shift])):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] == pytest.approx(expected, abs=0.04)


def test_a_field_draws_each_texture_once_and_layers_differ():
    textures = Textures((200, 160), 12.5, (1, 2))
    assert textures.noise(0.3) is textures.noise(0.3)
    assert not np.array_equal(textures.noise(0.3), textures.noise(0.3, 1))
    assert np.array_equal(textures.noise(0.3), Textures((200, 160), 12.5, (1, 2)).noise(0.3))
    mesh = textures.mesh(0.5)
    assert mesh.min() >= 0
    assert mesh.max() <= 1

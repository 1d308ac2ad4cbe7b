import numpy as np
import pytest

from benchmarks.simhpa19.image_statistics.power_spectrum import (
    BANDS,
    measure_slope,
    measure_spectrum,
    share_of_bands,
)

EVERYWHERE = np.ones((600, 600), bool)


def make_noise(exponent: float) -> np.ndarray:
    """Noise whose power density falls with this power of the frequency."""
    random = np.random.default_rng(1)
    frequency = np.hypot(np.fft.fftfreq(600)[:, None], np.fft.fftfreq(600))
    frequency[0, 0] = np.inf
    spectrum = np.fft.fft2(random.normal(size=(600, 600))) * frequency ** (exponent / 2)
    plane = np.fft.ifft2(spectrum).real
    return np.clip(128 + 40 * plane / plane.std(), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("exponent", [0.0, -2.0, -3.0])
def test_slope(exponent: float) -> None:
    spectrum = measure_spectrum(make_noise(exponent), EVERYWHERE, 0.08)
    assert measure_slope(spectrum) == pytest.approx(exponent, abs=0.15)
    assert spectrum.sum() == pytest.approx(1)


def test_a_grating_lies_in_its_band_at_any_pixel_size() -> None:
    for size, cycles in ((0.08, 3.0), (0.16, 0.7)):
        x = np.arange(600) * size
        plane = np.broadcast_to(128 + 100 * np.sin(2 * np.pi * cycles * x), (600, 600)).astype(np.uint8)
        shares = share_of_bands(measure_spectrum(plane, EVERYWHERE, size))
        assert shares[np.searchsorted(BANDS, cycles) - 1] > 0.99


def test_windows_of_the_foreground_are_taken() -> None:
    plane = make_noise(-3.0)
    plane = np.hstack([plane, np.random.default_rng(2).integers(0, 255, plane.shape, np.uint8)])
    foreground = np.zeros(plane.shape, bool)
    foreground[:, :600] = True
    assert measure_slope(measure_spectrum(plane, foreground, 0.08)) == pytest.approx(-3, abs=0.3)


def test_an_even_plane_has_no_power() -> None:
    assert not measure_spectrum(np.full((600, 600), 7, np.uint8), EVERYWHERE, 0.08).any()
    assert np.isnan(measure_slope(np.zeros(32)))

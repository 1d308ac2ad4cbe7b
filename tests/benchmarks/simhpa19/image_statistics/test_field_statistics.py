import numpy as np
import pytest

from benchmarks.simhpa19.image_statistics.field_statistics import measure_field, measure_noise


@pytest.fixture
def field() -> tuple[np.ndarray, np.ndarray]:
    """Two discs of 50 px, one of them cut by the border, with nuclei of 20 px, on a ground of 5."""
    random = np.random.default_rng(1)
    y, x = np.mgrid[:300, :300]
    cells = np.zeros((300, 300), np.uint16)
    cells[(y - 100) ** 2 + (x - 100) ** 2 < 50**2] = 1
    cells[(y - 300) ** 2 + (x - 220) ** 2 < 50**2] = 3
    nucleus = (y - 100) ** 2 + (x - 100) ** 2 < 20**2
    image = np.full((4, 300, 300), 5, np.float64)
    image[:, cells > 0] += np.array([[60], [60], [5], [60]])
    image[2, nucleus] = 100
    image[1, cells == 3] += 60
    image[0] += random.normal(0, 4, (300, 300))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8), cells


def test_figures(field: tuple[np.ndarray, np.ndarray]) -> None:
    image, cells = field
    measured = measure_field(image, cells, 0.1)
    figures = measured.figures
    assert figures["cell area um2"] == pytest.approx(np.pi * 5**2, rel=0.01)
    assert figures["nucleus area um2"] == pytest.approx(np.pi * 2**2, rel=0.1)
    assert figures["cell solidity"] == pytest.approx(1, abs=0.03)
    assert figures["red noise"] == pytest.approx(4, rel=0.1)
    assert figures["red noise at grey 40-90"] == pytest.approx(4, rel=0.1)
    assert figures["yellow noise"] == 0
    assert figures["green 5 %"] == 65
    assert figures["green 95 %"] == 125
    assert figures["green background"] == 5
    assert figures["green spread between cells"] == pytest.approx(30 / 95, rel=0.01)
    assert figures["blue nucleus / cytoplasm"] > 3
    assert figures["yellow nucleus / cytoplasm"] == pytest.approx(1, abs=0.01)
    assert figures["covered by cells %"] == pytest.approx(100 * (cells > 0).mean())
    assert figures["blue saturated %"] == 0
    assert measured.histograms.sum(axis=1) == pytest.approx(np.ones(4))
    assert measured.spectra.shape == (4, 32)


def test_saturation_and_zeros(field: tuple[np.ndarray, np.ndarray]) -> None:
    image, cells = field
    image[3, cells == 1] = 255
    image[3, cells == 3] = 0
    figures = measure_field(image, cells, 0.1).figures
    share = 100 * (cells == 1).sum() / (cells > 0).sum()
    assert figures["yellow saturated %"] == pytest.approx(share)
    assert figures["yellow zero %"] == pytest.approx(100 - share)


def test_noise_ignores_structure() -> None:
    y, x = np.mgrid[:200, :200]
    noise = np.random.default_rng(1).normal(0, 5, (200, 200))
    plane = np.rint(120 + 60 * np.sin(x / 20) + 20 * np.cos(y / 9) + noise).astype(np.uint8)
    assert measure_noise(plane, np.ones(plane.shape, bool)) == pytest.approx(5, rel=0.1)
    assert np.isnan(measure_noise(plane, np.zeros(plane.shape, bool)))


def test_no_cell(field: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="without cells"):
        measure_field(field[0], np.zeros_like(field[1]), 0.1)

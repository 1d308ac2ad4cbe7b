from itertools import combinations

import numpy as np
import pytest
from scipy.stats import pearsonr

from data.channels import CHANNELS
from data.features.cell_profile.intensity import correlate_channels, measure_intensity


def test_means_deviations_and_edges(cell) -> None:
    tile, mask, _ = cell
    measured = measure_intensity(tile, mask, 5000.0)
    assert mask[:, -1].any()
    for channel, plane in zip(CHANNELS, tile, strict=True):
        inside = [plane[y, x] / 255 for y, x in np.argwhere(mask)]
        edge = [plane[y, x] / 255 for y, x in np.argwhere(mask) if touches_outside(mask, y, x)]
        assert measured[f"mean {channel}"] == pytest.approx(np.mean(inside))
        assert measured[f"deviation {channel}"] == pytest.approx(np.std(inside))
        assert measured[f"integrated {channel}"] == pytest.approx(np.mean(inside) * 5000)
        assert measured[f"edge {channel}"] == pytest.approx(np.mean(edge))


def touches_outside(mask: np.ndarray, y: int, x: int) -> bool:
    padded = np.pad(mask, 1)
    return not padded[y : y + 3, x : x + 3].all()


def test_correlation_of_channels(cell) -> None:
    tile, mask, _ = cell
    tile[1] = tile[0] // 2 + tile[1] // 4
    tile[3] = 7
    measured = correlate_channels(tile, mask)
    assert len(measured) == 6
    for first, second in combinations(range(3), 2):
        expected = pearsonr(tile[first][mask], tile[second][mask])[0]
        told = measured[f"correlation {CHANNELS[first]} {CHANNELS[second]}"]
        assert told == pytest.approx(expected)
    assert measured["correlation red green"] > 0.8
    assert all(np.isnan(measured[f"correlation {channel} yellow"]) for channel in CHANNELS[:3])

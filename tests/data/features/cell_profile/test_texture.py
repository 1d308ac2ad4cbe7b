import numpy as np
import pytest

from data.channels import CHANNELS
from data.features.cell_profile.texture import measure_texture


def count_pairs(levels: np.ndarray, mask: np.ndarray, distance: int = 3) -> np.ndarray:
    """Co-occurrence of levels, pixel by pixel: all four directions and both orders."""
    counts = np.zeros((32, 32))
    diagonal = round(distance / np.sqrt(2))
    for dy, dx in ((0, distance), (diagonal, diagonal), (distance, 0), (diagonal, -diagonal)):
        for y, x in np.argwhere(mask):
            other = y + dy, x + dx
            if 0 <= other[0] < mask.shape[0] and 0 <= other[1] < mask.shape[1] and mask[other]:
                counts[levels[y, x], levels[other]] += 1
                counts[levels[other], levels[y, x]] += 1
    return counts / counts.sum()


def test_texture_is_that_of_pairs_within_the_cell(cell) -> None:
    tile, mask, _ = cell
    tile, mask = tile[:, 30:60, 70:], mask[30:60, 70:]
    # Smooth, so that neighbours are alike.
    tile[1] = np.add.outer(np.arange(30), 5 * np.arange(26)).astype(np.uint8)
    measured = measure_texture(tile, mask)
    i, j = np.mgrid[:32, :32]
    for channel, plane in zip(CHANNELS, tile, strict=True):
        pairs = count_pairs(plane // 8, mask)
        mean = (pairs * i).sum()
        variance = (pairs * (i - mean) ** 2).sum()
        expected = {
            "contrast": (pairs * (i - j) ** 2).sum(),
            "homogeneity": (pairs / (1 + (i - j) ** 2)).sum(),
            "energy": np.sqrt((pairs**2).sum()),
            "texture correlation": (pairs * (i - mean) * (j - mean)).sum() / variance,
        }
        for name, value in expected.items():
            assert measured[f"{name} {channel}"] == pytest.approx(value), (name, channel)


def test_a_cell_too_small_for_a_pair(cell) -> None:
    tile, mask, _ = cell
    dot = np.zeros_like(mask)
    dot[40:42, 40:42] = True
    assert np.isnan(list(measure_texture(tile, dot).values())).all()

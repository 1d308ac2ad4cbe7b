import numpy as np
import pytest
from scipy.spatial import ConvexHull

from data.features.cell_profile.shape import measure_shape


def test_an_ellipse(cell) -> None:
    _, mask, nucleus = cell
    # Cut off by the tile at one side: everything is compared with plain sums over its pixels.
    measured = measure_shape(mask, nucleus)
    y, x = np.nonzero(mask)
    small, large = np.linalg.eigvalsh(np.cov(np.stack([y, x]), bias=True))
    assert measured["eccentricity"] == pytest.approx(np.sqrt(1 - small / large), rel=1e-6)
    assert measured["extent"] == pytest.approx(len(y) / (np.ptp(y) + 1) / (np.ptp(x) + 1))
    assert measured["solidity"] == pytest.approx(len(y) / ConvexHull(corners(mask)).volume, abs=0.02)
    assert measured["nucleus eccentricity"] == pytest.approx(np.sqrt(1 - (10 / 14) ** 2), abs=0.02)
    assert measured["nucleus solidity"] > 0.92
    assert 0.7 < measured["form factor"] < 1.05


def corners(mask: np.ndarray) -> np.ndarray:
    y, x = np.nonzero(mask)
    return np.concatenate([np.stack([y + dy, x + dx], 1) for dy in (0, 1) for dx in (0, 1)])


def test_a_dent_lowers_solidity_and_form_factor(cell) -> None:
    _, mask, nucleus = cell
    dented = mask.copy()
    dented[20:47, 50:56] = False
    whole, less = measure_shape(mask, nucleus), measure_shape(dented, nucleus)
    assert less["solidity"] < whole["solidity"] - 0.02
    assert less["form factor"] < whole["form factor"] - 0.1


def test_no_nucleus(cell) -> None:
    _, mask, nucleus = cell
    measured = measure_shape(mask, np.zeros_like(nucleus))
    assert np.isnan([measured["nucleus eccentricity"], measured["nucleus solidity"]]).all()
    assert np.isfinite(measured["eccentricity"])

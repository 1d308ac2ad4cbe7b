import numpy as np
import pytest
from numpy.typing import NDArray

SIDE = 96

Cell = tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]


def ellipse(centre: tuple[float, float], height: float, width: float) -> NDArray[np.bool_]:
    """A filled ellipse of these half axes."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return ((y - centre[0]) / height) ** 2 + ((x - centre[1]) / width) ** 2 <= 1


@pytest.fixture
def cell() -> Cell:
    """A tile of noise, an elliptic cell that reaches the border of the tile, and its nucleus."""
    random = np.random.default_rng(3)
    tile = random.integers(0, 256, (4, SIDE, SIDE), dtype=np.uint8)
    return tile, ellipse((47, 60), 30, 44), ellipse((45, 55), 10, 14)

import numpy as np
import pytest


@pytest.fixture
def tile() -> np.ndarray:
    """Noise in four channels, nowhere black."""
    return np.random.default_rng(5).integers(1, 256, (48, 48, 4), dtype=np.uint8)

import cv2
import numpy as np
import pytest

from data.channels import CHANNELS
from data.fields.field import Field
from data.fields.image_folder import find_fields


@pytest.fixture
def labels() -> np.ndarray:
    """Three cells on 40 x 60 px, two of which touch."""
    labels = np.zeros((40, 60), np.uint16)
    labels[5:25, 5:20], labels[5:25, 20:38], labels[28:38, 30:55] = 1, 2, 3
    return labels


@pytest.fixture
def nuclei(labels: np.ndarray) -> np.ndarray:
    nuclei = np.zeros_like(labels)
    nuclei[10:18, 9:16], nuclei[10:18, 25:33], nuclei[30:36, 38:46] = 1, 2, 3
    return nuclei


@pytest.fixture
def field(tmp_path, nuclei: np.ndarray) -> Field:
    """The field A1, whose blue channel shows the nuclei."""
    folder = tmp_path / "images"
    folder.mkdir()
    for channel in CHANNELS:
        plane = np.where(nuclei > 0, 200, 10) if channel == "blue" else np.full(nuclei.shape, 50)
        cv2.imwrite(str(folder / f"A1_{channel}.png"), plane.astype(np.uint8))
    return find_fields(folder)[0]

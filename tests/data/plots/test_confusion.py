from pathlib import Path

import cv2
import numpy as np
import pytest

from data.evaluate.quality import measure
from data.plots.confusion import draw_confusion


@pytest.mark.parametrize("classes", [1, 5])
def test_a_picture_for_any_number_of_classes(tmp_path: Path, classes: int) -> None:
    targets = np.eye(classes)[np.arange(40) % classes]
    names = [f"a class with quite a long name {label}" for label in range(classes)]
    path = tmp_path / "folder" / "confusion.png"
    draw_confusion(path, measure(targets * 0.8, targets), names, "40 cells")
    picture = cv2.imread(str(path))
    assert picture.shape[1] > picture.shape[0] > 400
    # Matplotlib's Blues: the diagonals, all of their rows, are the darkest there is.
    assert (np.abs(picture.astype(int) - (107, 48, 8)).max(axis=-1) < 3).mean() > 0.01

from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

from data.evaluate.quality import measure
from data.plots import class_scores as class_picture
from data.plots.class_scores import draw_class_figures

NAMES = ("Nucleus", "Cytosol", "Golgi")
TARGETS = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]])
PROBABILITIES = np.array([[0.9, 0.1, 0.0], [0.4, 0.6, 0.0], [0.1, 0.9, 0.0], [0.2, 0.7, 0.0]])


def test_bars_are_the_figures_of_each_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures: list[Figure] = []
    monkeypatch.setattr(class_picture, "write_figure", lambda path, figure: figures.append(figure))
    quality = measure(PROBABILITIES, TARGETS)
    draw_class_figures(tmp_path / "f1.png", {"4 cells": quality, "2 images": quality}, NAMES)
    panels = figures[0].axes
    assert [axes.get_title() for axes in panels] == ["4 cells", "2 images"]
    # By hand: nucleus 2 * 1 / (1 + 2), cytosol 2 * 2 / (3 + 2); nothing is Golgi.
    expected = [2 / 3, 0.8, 0.0, 1.0, 1.0, 0.0]
    assert [bar.get_width() for bar in panels[0].patches] == pytest.approx(expected)
    assert [text.get_text() for text in panels[0].texts] == ["0.67", "0.80", "-", "1.00", "1.00", "-"]
    names = [text.get_text() for text in panels[0].get_yticklabels()]
    assert names == ["Nucleus (2, 2)", "Cytosol (2, 2)", "Golgi (0, 0)"]


@pytest.mark.parametrize("classes", [1, 28])
def test_a_picture_for_any_number_of_classes(tmp_path: Path, classes: int) -> None:
    targets = np.eye(classes)[np.arange(60) % classes]
    names = [f"a class with quite a long name {label}" for label in range(classes)]
    path = tmp_path / "folder" / "f1.png"
    draw_class_figures(path, {"60 cells": measure(targets * 0.8, targets)}, names)
    picture = cv2.imread(str(path))
    assert picture is not None
    # Both colours of matplotlib fill bars of the full length.
    for colour in ((180, 119, 31), (14, 127, 255)):
        assert (np.abs(picture.astype(int) - colour).max(axis=-1) < 3).mean() > 0.02

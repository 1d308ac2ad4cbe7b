from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib import colormaps

from data.plots import training_curves as curves
from data.plots.training_curves import draw_curves, draw_together
from data.training.history import Epoch


@pytest.mark.parametrize("validated", [True, False])
@pytest.mark.parametrize("count", [1, 5])
def test_curves_are_drawn(
    tmp_path: Path, make_epochs: Callable[..., list[Epoch]], validated: bool, count: int
) -> None:
    draw_curves(tmp_path / "curves.png", make_epochs(validated)[:count], best_epoch=1)
    picture = cv2.imread(str(tmp_path / "curves.png"))
    assert picture is not None
    assert picture.shape[1] > picture.shape[0] > 200
    assert picture.min() < 50


def test_the_beginning_of_a_later_phase_is_marked(
    tmp_path: Path, make_epochs: Callable[..., list[Epoch]]
) -> None:
    epochs = make_epochs(True)
    draw_curves(tmp_path / "one.png", epochs, best_epoch=1)
    draw_curves(tmp_path / "two.png", make_epochs(True, later_from=4), best_epoch=1)
    for name, lines in (("one.png", 0), ("two.png", 3)):
        picture = cv2.imread(str(tmp_path / name))
        assert picture is not None
        # Light grey, and as high as a panel.
        columns = np.flatnonzero(((picture == 211).all(axis=2)).sum(axis=0) > 150)
        assert len(columns) == lines
        assert np.all(np.diff(columns) > 250)


def test_a_line_a_training_and_panel(
    tmp_path: Path, make_epochs: Callable[..., list[Epoch]], monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = []
    monkeypatch.setattr(curves, "write_figure", lambda path, figure: figures.append(figure))
    trainings = {"one": make_epochs(True), "two": make_epochs(True)[:2], "three": make_epochs(False)}
    draw_together(tmp_path / "curves.png", trainings)
    panels = {axes.get_title(): axes for axes in figures[0].axes}
    assert len(panels) == 6
    lines = panels["training loss"].lines
    assert [line.get_ydata().tolist() for line in lines] == [
        [epoch.train_loss for epoch in epochs] for epochs in trainings.values()
    ]
    names = {
        "loss, validation images": "val_loss",
        "accuracy": "val_accuracy",
        "macro F1": "val_macro_f1",
        "mean AP": "val_map",
        "ROC AUC": "val_auc",
    }
    for title, name in names.items():
        lines = panels[title].lines
        assert [line.get_xdata().tolist() for line in lines] == [[1, 2, 3, 4, 5], [1, 2]]
        assert lines[0].get_ydata().tolist() == [getattr(epoch, name) for epoch in trainings["one"]]
    assert [text.get_text() for text in figures[0].legends[0].get_texts()] == list(trainings)


def test_each_training_has_its_colour_and_what_was_not_measured_is_told(
    tmp_path: Path, make_epochs: Callable[..., list[Epoch]]
) -> None:
    trainings = {
        f"model {number}": [replace(epoch, train_loss=1 + 0.1 * number) for epoch in make_epochs(False)]
        for number in range(12)
    }
    draw_together(tmp_path / "curves.png", trainings)
    picture = cv2.imread(str(tmp_path / "curves.png"))
    assert picture is not None
    for colour in colormaps["tab10"].colors:
        near = np.abs(picture[..., ::-1] / 255 - colour).max(axis=2) < 0.02
        assert near.sum() > 50
    draw_together(tmp_path / "one.png", {"model 0": trainings["model 0"]})
    assert (cv2.imread(str(tmp_path / "one.png")) != picture).any()

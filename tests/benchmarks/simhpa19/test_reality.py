from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.simhpa19.reality import describe, evaluate_cells
from benchmarks.simhpa19.reality_pictures import choose_worst, draw_confusion, draw_worst
from data.tiles.cell_tiles import CellTiles
from tests.factories.tile_store import write_tile_store


def predict(rows: list[dict[int, float]]) -> np.ndarray:
    probabilities = np.full((len(rows), 19), 0.0)
    probabilities[:, 18] = 0.9
    for row, values in enumerate(rows):
        for label, value in values.items():
            probabilities[row, label] = value
    return probabilities


def test_only_the_classes_of_the_labels_are_chosen_from() -> None:
    probabilities = predict(
        [{0: 0.02, 16: 0.01}, {0: 0.01, 16: 0.03}, {0: 0.04, 16: 0.01}, {2: 0.05, 0: 0.01}]
    )
    verdict = evaluate_cells(probabilities, np.array([0, 16, 16, 2]))
    assert verdict.classes.tolist() == [0, 2, 16]
    assert verdict.probabilities.sum(axis=1) == pytest.approx(np.ones(4))
    assert verdict.probabilities[0] == pytest.approx([2 / 3, 0, 1 / 3], abs=1e-6)
    assert verdict.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]


def test_figures() -> None:
    probabilities = predict([{0: 0.5}] * 6 + [{16: 0.5}] * 3)
    figures = evaluate_cells(probabilities, np.array([0] * 4 + [16] * 5)).figures()
    assert figures["cells"] == 9
    assert figures["chance"] == 0.5
    assert figures["balanced_accuracy"] == pytest.approx((1 + 3 / 5) / 2)
    assert figures["accuracy"] == pytest.approx(7 / 9)
    assert figures["macro_f1"] == pytest.approx((8 / 10 + 6 / 8) / 2)
    assert figures["recall"] == {"Nucleoplasm": 1.0, "Cytosol": pytest.approx(0.6)}
    text = describe(figures)
    assert "balanced accuracy 0.800 (chance 0.50)" in text
    assert "| Cytosol | 2 | 3 | 0.60 |" in text


def test_the_worst_take_turns_between_the_confusions() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2])
    probabilities = np.array(
        [[0.1, 0.9, 0], [0.05, 0.95, 0], [0.9, 0.1, 0], [0.6, 0.4, 0], [0, 0.9, 0.1], [0, 0.55, 0.45]]
    )
    assert choose_worst(truth, probabilities, 10).tolist() == [1, 3, 5, 0]
    assert choose_worst(truth, probabilities, 2).tolist() == [1, 3]


def test_pictures(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    blank = CellTiles.blank(3)
    tiles = random.integers(0, 255, blank.tiles.shape, np.uint8)
    store = write_tile_store(tmp_path / "tiles.zarr", tiles, blank.cell_masks, blank.nucleus_masks)
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]])
    draw_worst(tmp_path / "w.png", store, np.array([0, 2]), np.array([1, 1]), probabilities, ["a", "b"])
    picture = cv2.imread(str(tmp_path / "w.png"))
    assert picture is not None
    first, second = picture[:226, :384], picture[:226, 384:768]
    assert first[34:].std() > 20
    # The second cell was judged right and is not shown.
    assert (second == 255).all()
    draw_confusion(tmp_path / "c.png", np.array([[3, 1], [0, 4]]), ["a", "b"])
    assert cv2.imread(str(tmp_path / "c.png")) is not None

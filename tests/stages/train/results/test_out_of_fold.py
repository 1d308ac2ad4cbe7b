from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from data.predictions.predictions_table import read_class_names, read_predictions
from data.training.training_set import select_training_set
from stages.train.cells.splits import Split
from stages.train.results.out_of_fold import UnusedCells, find_unused, write_out_of_fold

LABELS = {"a": (0,), "b": (1,), "c": (0,), "d": (0, 1), "e": (1, 2), "f": (0, 2), "g": (0, 1)}
PROTEINS = {"a": "P1", "d": "P1", "b": "P2", "f": "P2", "c": "P3"}


@pytest.fixture
def cells() -> pd.DataFrame:
    """Two cells an image; g, which no protein joins to others, lies in the mosaics of a and b."""
    image_ids = [image_id for image_id in LABELS for _ in range(2)]
    table = pd.DataFrame({"image_id": image_ids, "cell_id": [1, 2] * len(LABELS), "dropped": ""})
    table.loc[table.index == 13, "dropped"] = "too dark"
    return table.assign(group=table["image_id"], image_hash="")


def make_splits(image_ids: np.ndarray, *held_out: str) -> list[Split]:
    return [Split(Path(f"fold-{fold}"), image_ids == image) for fold, image in enumerate(held_out)]


def test_unused_cells_go_to_the_folds_that_held_out_their_group(cells: pd.DataFrame) -> None:
    chosen = select_training_set(cells, LABELS, "single", proteins=PROTEINS)
    labelled = select_training_set(cells, LABELS, "all", proteins=PROTEINS)
    unused = find_unused(labelled, chosen, make_splits(chosen.image_ids, "b", "a", "c"))
    assert unused.rows.tolist() == [6, 7, 8, 9, 10, 11, 12]
    assert "".join(unused.image_ids) == "ddeeffg"
    assert unused.cell_ids.tolist() == [1, 2, 1, 2, 1, 2, 1]
    predictors = [[False, True, False]] * 2 + [[True] * 3] * 2 + [[True, False, False]] * 2 + [[True] * 3]
    np.testing.assert_array_equal(unused.predictors, predictors)


def test_an_image_between_two_groups_goes_to_the_folds_of_both(cells: pd.DataFrame) -> None:
    proteins = {"a": "P1", "d": "P1"}
    cells.loc[cells["image_id"].isin(["b", "d"]), "group"] = "mosaic"
    chosen = select_training_set(cells, LABELS, "single", proteins=proteins)
    labelled = select_training_set(cells, LABELS, "all", proteins=proteins)
    unused = find_unused(labelled, chosen, make_splits(chosen.image_ids, "b", "a", "c"))
    np.testing.assert_array_equal(unused.predictors[:2], [[True, True, False]] * 2)


def test_nothing_is_unused_where_all_is_trained_on(cells: pd.DataFrame) -> None:
    chosen = select_training_set(cells, LABELS, "all")
    unused = find_unused(chosen, chosen, make_splits(chosen.image_ids, "a", "b"))
    assert len(unused.rows) == 0
    assert unused.predictors.shape == (0, 2)


@pytest.mark.parametrize("mode", ["single-label", "multi-label"])
@pytest.mark.parametrize("with_thresholds", [False, True])
def test_each_cell_has_the_mean_and_the_rule_of_its_predictors(
    tmp_path: Path, mode: str, with_thresholds: bool
) -> None:
    """Rows 5 and 0 are held out by the folds 0 and 1, row 3 by none; rows 1 and 4 are not trained on."""
    random = np.random.default_rng(1)
    chosen = SimpleNamespace(
        rows=np.array([0, 3, 5]),
        image_ids=np.array(["a", "b", "c"]),
        cell_ids=np.array([1, 2, 3]),
        class_names=("Left", "Right"),
    )
    splits = [
        Split(tmp_path / "fold-0", np.array([False, False, True])),
        Split(tmp_path / "fold-1", np.array([True, False, False])),
    ]
    predictors = np.array([[True, True], [False, True]])
    unused = UnusedCells(np.array([4, 1]), np.array(["e", "d"]), np.array([5, 4]), predictors)
    thresholds = [np.array([0.2, 0.6]), np.array([0.4, 0.9])] if with_thresholds else [None, None]
    results = [
        SimpleNamespace(
            architecture=SimpleNamespace(mode=mode, class_names=chosen.class_names),
            probabilities=random.random((1, 2), np.float32),
            thresholds=values,
        )
        for values in thresholds
    ]
    of_unused = [random.random((1, 2), np.float32), random.random((2, 2), np.float32)]
    write_out_of_fold(tmp_path / "oof.parquet", chosen, unused, splits, results, of_unused)
    table = read_predictions(tmp_path / "oof.parquet")
    assert read_class_names(tmp_path / "oof.parquet") == ("Left", "Right")
    # In the order of the cells table.
    assert table["image_id"].tolist() == ["a", "d", "e", "c"]
    assert table["cell_id"].tolist() == [1, 4, 5, 3]
    held_out, others = [result.probabilities[0] for result in results], of_unused
    expected = np.array([held_out[1], others[1][1], (others[0][0] + others[1][0]) / 2, held_out[0]])
    np.testing.assert_allclose(table[["p_0", "p_1"]], expected, rtol=1e-6)
    first, second = thresholds if with_thresholds else (np.full(2, 0.5), np.full(2, 0.5))
    for row, rule, called in zip(
        expected, [second, second, (first + second) / 2, first], table["labels"], strict=True
    ):
        if mode == "single-label" and not with_thresholds:
            assert called == str(row.argmax())
        else:
            assert called == "|".join(str(label) for label in (0, 1) if row[label] >= rule[label])

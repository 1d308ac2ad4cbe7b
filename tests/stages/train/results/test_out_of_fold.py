from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from data.predictions.predictions_table import read_class_names, read_predictions
from data.tables.coded_texts import CodedTexts
from stages.train.cells.splits import Split
from stages.train.cells.unused_cells import UnusedCells
from stages.train.results.out_of_fold import write_out_of_fold


@pytest.mark.parametrize("mode", ["single-label", "multi-label"])
@pytest.mark.parametrize("with_thresholds", [False, True])
def test_each_cell_has_the_mean_and_the_rule_of_its_predictors(
    tmp_path: Path, mode: str, with_thresholds: bool
) -> None:
    """Rows 5 and 0 are held out by the folds 0 and 1, row 3 by none; rows 1 and 4 are not trained on."""
    random = np.random.default_rng(1)
    images = CodedTexts.of(["a", "b", "c", "e", "d"])
    chosen = SimpleNamespace(
        rows=np.array([0, 3, 5]),
        image_ids=images[:3],
        cell_ids=np.array([1, 2, 3]),
        class_names=("Left", "Right"),
    )
    splits = [
        Split(tmp_path / "fold-0", np.array([False, False, True])),
        Split(tmp_path / "fold-1", np.array([True, False, False])),
    ]
    predictors = np.array([[True, True], [False, True]])
    unused = UnusedCells(np.array([4, 1]), images[3:], np.array([5, 4]), predictors)
    thresholds = [np.array([0.2, 0.6]), np.array([0.4, 0.9])] if with_thresholds else [None, None]
    results = [
        SimpleNamespace(
            split=split,
            architecture=SimpleNamespace(mode=mode, class_names=chosen.class_names),
            probabilities=random.random((1, 2), np.float32),
            unused_probabilities=random.random((count, 2), np.float32),
            thresholds=values,
        )
        for split, values, count in zip(splits, thresholds, predictors.sum(axis=0), strict=True)
    ]
    write_out_of_fold(tmp_path / "oof.parquet", chosen, unused, results)
    table = read_predictions(tmp_path / "oof.parquet")
    assert read_class_names(tmp_path / "oof.parquet") == ("Left", "Right")
    # In the order of the cells table.
    assert table["image_id"].tolist() == ["a", "d", "e", "c"]
    assert table["cell_id"].tolist() == [1, 4, 5, 3]
    held_out = [result.probabilities[0] for result in results]
    others = [result.unused_probabilities for result in results]
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

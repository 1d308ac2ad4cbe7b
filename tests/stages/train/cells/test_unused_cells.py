from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.tables.coded_texts import CodedTexts
from stages.train.cells.splits import Split
from stages.train.cells.unused_cells import find_unused
from tests.factories.training.training_sets import select

LABELS = {"a": (0,), "b": (1,), "c": (0,), "d": (0, 1), "e": (1, 2), "f": (0, 2), "g": (0, 1)}
PROTEINS = {"a": "P1", "d": "P1", "b": "P2", "f": "P2", "c": "P3"}


@pytest.fixture
def cells() -> pd.DataFrame:
    """Two cells an image; g, which no protein joins to others, lies in the mosaics of a and b."""
    image_ids = [image_id for image_id in LABELS for _ in range(2)]
    table = pd.DataFrame({"image_id": image_ids, "cell_id": [1, 2] * len(LABELS), "dropped": ""})
    table.loc[table.index == 13, "dropped"] = "too dark"
    return table.assign(group=table["image_id"], image_hash="")


def make_splits(image_ids: CodedTexts, *held_out: str) -> list[Split]:
    names = np.array(image_ids.tolist())
    return [Split(Path(f"fold-{fold}"), names == image) for fold, image in enumerate(held_out)]


def test_unused_cells_go_to_the_folds_that_held_out_their_group(cells: pd.DataFrame) -> None:
    chosen = select(cells, LABELS, "single", proteins=PROTEINS)
    labelled = select(cells, LABELS, "all", proteins=PROTEINS)
    unused = find_unused(labelled, chosen, make_splits(chosen.image_ids, "b", "a", "c"))
    assert unused.rows.tolist() == [6, 7, 8, 9, 10, 11, 12]
    assert "".join(unused.image_ids) == "ddeeffg"
    assert unused.cell_ids.tolist() == [1, 2, 1, 2, 1, 2, 1]
    predictors = [[False, True, False]] * 2 + [[True] * 3] * 2 + [[True, False, False]] * 2 + [[True] * 3]
    np.testing.assert_array_equal(unused.predictors, predictors)


def test_an_image_between_two_groups_goes_to_the_folds_of_both(cells: pd.DataFrame) -> None:
    proteins = {"a": "P1", "d": "P1"}
    cells.loc[cells["image_id"].isin(["b", "d"]), "group"] = "mosaic"
    chosen = select(cells, LABELS, "single", proteins=proteins)
    labelled = select(cells, LABELS, "all", proteins=proteins)
    unused = find_unused(labelled, chosen, make_splits(chosen.image_ids, "b", "a", "c"))
    np.testing.assert_array_equal(unused.predictors[:2], [[True, True, False]] * 2)


def test_nothing_is_unused_where_all_is_trained_on(cells: pd.DataFrame) -> None:
    chosen = select(cells, LABELS, "all")
    unused = find_unused(chosen, chosen, make_splits(chosen.image_ids, "a", "b"))
    assert len(unused.rows) == 0
    assert unused.predictors.shape == (0, 2)


def test_the_unused_cells_of_one_fold(cells: pd.DataFrame) -> None:
    chosen = select(cells, LABELS, "single", proteins=PROTEINS)
    labelled = select(cells, LABELS, "all", proteins=PROTEINS)
    unused = find_unused(labelled, chosen, make_splits(chosen.image_ids, "b", "a", "c"))
    for fold, rows in enumerate([[8, 9, 10, 11, 12], [6, 7, 8, 9, 12], [8, 9, 12]]):
        of_fold = unused.of_fold(fold)
        assert of_fold.rows.tolist() == rows
        assert of_fold.image_ids.tolist() == [list("ddeeffg")[row - 6] for row in rows]
        assert of_fold.cell_ids.tolist() == [[1, 2, 1, 2, 1, 2, 1][row - 6] for row in rows]
        assert of_fold.predictors[:, fold].all()

from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.predictions.predictions_table import write_predictions
from stages.inspect.cells.cell_facts import CellFacts, GivenClasses
from stages.inspect.cells.predicted_cells import PredictedCells
from stages.inspect.cells.queue import order_queue
from tests.factories.cells_table import make_cells_table

IMAGES = ["a", "a", "a", "b", "b", "c"]
PROBABILITIES = np.array(
    [
        [0.5, 0.45, 0.05],
        [0.5, 0.4, 0.1],
        [0.5, 0.44, 0.06],
        [0.9, 0.1, 0],
        [0.2, 0.7, 0.1],
        [0.5, 0.49, 0.01],
    ],
    np.float32,
)


@pytest.fixture
def facts(tmp_path: Path) -> CellFacts:
    table = make_cells_table(IMAGES, dropped=["", "", "", "", "", "too dark"])
    path = tmp_path / "predictions.parquet"
    write_predictions(path, IMAGES, table["cell_id"].to_numpy(), PROBABILITIES, None, ["A", "B", "C"])
    predicted = PredictedCells.read(path, table)
    return CellFacts(table, predicted, GivenClasses(predicted.label_set, {}))


def test_by_the_distance_from_another_call(facts: CellFacts) -> None:
    queue = order_queue("b", facts, np.ones(6, bool), None)
    assert queue.title == "B"
    # Two of image a, then image b's, then the third of a.
    assert queue.rows.tolist() == [0, 2, 4, 3, 1]
    assert queue.margins == pytest.approx([0.05, 0.06, 0.5, 0.8, 0.1])
    assert set(queue.classes) == {1}


def test_by_the_distance_from_the_threshold(facts: CellFacts) -> None:
    queue = order_queue("0", facts, np.ones(6, bool), (0.85, 0.5, 0.5))
    assert queue.rows.tolist()[0] == 3
    assert queue.margins[0] == pytest.approx(0.05)


def test_all_classes_the_rarest_first(facts: CellFacts) -> None:
    queue = order_queue("rare", facts, np.ones(6, bool), None)
    # No cell was found to have C, one B, and four A.
    assert queue.classes.tolist()[:3] == [2, 1, 0]
    assert sorted(queue.rows.tolist()) == [0, 1, 2, 3, 4]
    assert queue.rows[0] == 1, "that of a's first two whose C is nearest to its best class"


def test_those_that_are_not_shown_are_left_out(facts: CellFacts) -> None:
    shown = np.array([True, False, False, True, False, True])
    assert sorted(order_queue("A", facts, shown, None).rows.tolist()) == [0, 3]
    with pytest.raises(InputError, match="no cell that was predicted and kept"):
        order_queue("A", facts, np.zeros(6, bool), None)
    with pytest.raises(
        InputError, match="no class 'D'; expected rare, or a class of the predictions: A, B, C"
    ):
        order_queue("D", facts, np.ones(6, bool), None)

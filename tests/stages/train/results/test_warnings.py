from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from stages.train.cells.splits import Split
from stages.train.results.warnings import warn_of_absent, warn_of_thresholds

CHOSEN = SimpleNamespace(
    targets=np.array([[1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]),
    class_names=("Nucleoli", "Golgi", "Aggresome", "Negative"),
)


def make_results(thresholds: np.ndarray | None, *held_out: list[int]) -> list[SimpleNamespace]:
    splits = [
        Split(Path(f"fold-{fold}"), np.isin(np.arange(4), cells)) for fold, cells in enumerate(held_out)
    ]
    return [SimpleNamespace(split=split, thresholds=thresholds) for split in splits]


def test_absent_classes_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    assert warn_of_absent(["Golgi", "Negative"], {"Golgi"}) == {"Negative"}
    assert warn_of_absent(["Golgi"], {"Golgi"}) == set()
    assert caplog.messages == ["no training cell of Negative: cells of it cannot be recognised"]


@pytest.mark.parametrize(
    ("held_out", "told"),
    [
        ([[0, 2]], "Aggresome: the"),
        ([[0, 2], [1, 3]], "Aggresome (fold-0), Golgi (fold-1): the"),
        ([[0, 3], [1]], "Golgi (fold-0, fold-1), Aggresome (fold-1): the"),
    ],
)
def test_classes_that_are_trained_on_but_not_held_out(
    caplog: pytest.LogCaptureFixture, held_out: list[list[int]], told: str
) -> None:
    warn_of_thresholds(CHOSEN, make_results(np.full(4, 0.5), *held_out))
    [message] = caplog.messages
    assert message == f"thresholds: no held-out cell of {told} threshold for all classes counts there"


def test_thresholds_that_nobody_sought(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_thresholds(CHOSEN, make_results(None, [0, 2]))
    # Class 1 is not trained on, and class 0 is held out.
    warn_of_thresholds(CHOSEN, make_results(np.full(4, 0.5), [0, 2, 3]))
    assert not caplog.messages

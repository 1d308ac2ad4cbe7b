from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from data.training.training_set import TrainingSet
from stages.train.cells.splits import list_splits
from stages.train.settings import TrainSettings


def make_set(labels: dict[str, int], groups: dict[str, str] | None = None) -> TrainingSet:
    names = list(labels)
    places = np.repeat(np.arange(len(names)), 2)
    return SimpleNamespace(  # type: ignore[return-value]
        rows=np.arange(len(places)),
        images=np.arange(len(names)),
        places=places,
        shown=np.eye(8, dtype=bool)[list(labels.values())],
        groups=np.array([names.index((groups or {}).get(name, name)) for name in names]),
    )


def settings(**split: object) -> TrainSettings:
    return TrainSettings.model_validate({"split": split})


EVEN = {f"image{number:02}": number % 2 for number in range(10)}


def test_one_classifier(tmp_path: Path) -> None:
    [whole] = list_splits(make_set(EVEN), settings(folds=0), tmp_path)
    assert whole.folder == tmp_path
    assert not whole.held_out.any()
    [second] = list_splits(make_set(EVEN), settings(folds=5, fold=1), tmp_path)
    assert second.folder == tmp_path
    assert second.held_out.sum() == 4


def test_folds_hold_out_each_image_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    splits = list_splits(make_set(EVEN), settings(folds=5, fold="all"), tmp_path)
    assert [split.folder.name for split in splits] == [f"fold-{fold}" for fold in range(5)]
    np.testing.assert_array_equal(np.sum([split.held_out for split in splits], axis=0), 1)
    assert not caplog.records


def test_folds_that_can_hold_out_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each class has one group of images, so no fold can do without any."""
    labels = {f"image{number}": number for number in range(4)}
    [only] = list_splits(make_set(labels), settings(folds=5, fold="all"), tmp_path)
    assert only.folder == tmp_path
    assert not only.held_out.any()
    [told] = caplog.messages
    assert told.startswith("4 labelled images are too few to hold some out: one classifier is trained")


def test_fewer_groups_than_folds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    labels = dict.fromkeys(["a", "b", "c", "d"], 3)
    splits = list_splits(make_set(labels, {"b": "a"}), settings(folds=5, fold="all"), tmp_path)
    assert len(splits) == 3
    np.testing.assert_array_equal(np.sum([split.held_out for split in splits], axis=0), 1)
    [told] = caplog.messages
    assert told == "4 labelled images are too few for 5 folds: 3 are trained, fold-0, fold-1, fold-2"

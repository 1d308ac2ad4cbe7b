"""Training with a label set of one's own, and what is left of a training with another."""

from pathlib import Path

import pytest

from data.errors import InputError
from data.predictions.predictions_table import read_class_names
from tests.factories.training.on_tiles import train_on

IMAGES = {f"image{number}": (number % 2,) for number in range(6)}


def test_out_of_fold_predictions_of_other_classes(make_tiles, tiny, steps, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('names = ["Left", "Right"]')
    folder, out_of_fold = make_tiles(IMAGES), tmp_path / "oof.parquet"
    split = tiny.split.model_copy(update={"fold": "all", "folds": 2})
    schedule = tiny.fit.model_copy(update={"epochs": 1})
    settings = tiny.model_copy(update={"label_set": str(own), "split": split, "fit": schedule})

    def run(**files: Path) -> None:
        train_on(folder, tmp_path / "model", settings, steps(), **files)

    run(out_of_fold=out_of_fold)
    assert read_class_names(out_of_fold) == ("Left", "Right")
    own.write_text('names = ["Up", "Down"]')
    with pytest.raises(
        InputError, match="2 classes, Left in one set only; expected the 2 classes of the label"
    ):
        run(soft=out_of_fold)

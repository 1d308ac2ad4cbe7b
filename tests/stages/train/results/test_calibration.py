"""A training whose probabilities are calibrated, and predictions by it."""

import logging
from pathlib import Path

import numpy as np
import pytest

from data.calibration.calibration import Kind
from data.calibration.fitting import fit_calibration
from data.predictions.predictions_table import probability_columns, read_calibrations, read_predictions
from data.rules.image_mean import average_with_image_mean, without_image_mean
from models.classifiers.ensemble.members import read_members
from stages.predict import run as predict_stage
from stages.predict.paths import PredictInputs, PredictOutputs
from stages.predict.settings import PredictSettings
from stages.train.settings import TrainSettings
from tests.factories.training.on_tiles import train_on

pytestmark = pytest.mark.usefixtures("no_pictures")

LABELS = {f"image{number}": (number % 2,) for number in range(8)}


@pytest.fixture
def tiny(tiny: TrainSettings, changed) -> TrainSettings:
    return changed(tiny, fit={"epochs": 1}, split={"folds": 2, "fold": "all"}, image_weight=0.25)


def predict(folder, model: Path, output: Path, context) -> np.ndarray:
    settings = PredictSettings.model_validate({"runtime": "torch"})
    predict_stage.run(
        PredictInputs(folder.tiles, folder.cells, [model]), PredictOutputs(output), settings, context
    )
    table = read_predictions(output)
    return table[probability_columns(table.columns)].to_numpy()


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_folds_are_calibrated_before_they_are_averaged(
    make_tiles,
    tiny: TrainSettings,
    changed,
    steps,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    kind: Kind,
) -> None:
    caplog.set_level(logging.INFO, "hpacells")
    folder, out = make_tiles(LABELS), tmp_path / "out.parquet"
    plain, calibrated = tmp_path / "plain", tmp_path / "calibrated"
    train_on(folder, plain, tiny, steps(), out_of_fold=out)
    table = read_predictions(out)
    held_out = table[probability_columns(table.columns)].to_numpy()
    image_ids = table["image_id"].to_numpy(str)
    report = train_on(folder, calibrated, changed(tiny, calibration=kind), steps(), out_of_fold=out)
    # Out of fold, cells are predicted as without, for whatever is made of them.
    np.testing.assert_array_equal(read_predictions(out)[probability_columns(table.columns)], held_out)
    own = without_image_mean(held_out, image_ids, 0.25)
    targets = np.zeros_like(own)
    targets[np.arange(len(own)), [LABELS[image_id][0] for image_id in image_ids]] = 1
    members = read_members([calibrated])
    assert len(members) == 2
    expected = fit_calibration(kind, own, targets)
    for member in members:
        assert member.calibration is not None
        np.testing.assert_allclose(member.calibration.apply(own), expected.apply(own), atol=1e-2)
    each = [predict(folder, plain / f"fold-{fold}", tmp_path / "p.parquet", steps()) for fold in range(2)]
    owns = [without_image_mean(values, image_ids, 0.25) for values in each]
    mean = np.mean(
        [
            member.calibration.apply(one) if member.calibration else one
            for member, one in zip(members, owns, strict=True)
        ],
        axis=0,
    )
    found = predict(folder, calibrated, tmp_path / "c.parquet", steps())
    # A steep step of an isotonic fit enlarges the rounding of probabilities that the mean was taken out of.
    most = 1e-3 if kind == "isotonic" else 1e-4
    np.testing.assert_allclose(found, average_with_image_mean(mean, image_ids, 0.25), atol=most)
    assert read_calibrations(tmp_path / "c.parquet") == (kind, kind)
    assert read_calibrations(tmp_path / "p.parquet") == ("none",)
    figures = report.details["calibration"]
    assert (figures["kind"], figures["cells"]) == (kind, 24)
    assert 0 <= figures["error_after"] <= 1
    assert f"{figures['error_before']:.4f} before" in caplog.text
    # Of the other classes there is no cell.
    assert "left as they are" in caplog.text


def test_one_fold_is_judged_by_halves(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder = make_tiles(LABELS)
    settings = changed(tiny, split={"folds": 2, "fold": 0}, calibration="temperature")
    report = train_on(folder, tmp_path / "model", settings, steps())
    assert report.details["calibration"]["cells"] == 12
    assert report.details["calibration"]["error_after"] is not None


def test_thresholds_are_of_calibrated_probabilities(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder = make_tiles(LABELS)
    some = changed(
        tiny, images="all", thresholds={"kind": "one"}, split={"folds": 2, "fold": 0}, image_weight=0.0
    )
    train_on(folder, tmp_path / "plain", some, steps())
    train_on(folder, tmp_path / "model", changed(some, calibration="isotonic"), steps())
    before, after = read_members([tmp_path / "plain"])[0], read_members([tmp_path / "model"])[0]
    assert before.thresholds is not None
    assert after.thresholds is not None
    assert not np.allclose(before.thresholds, after.thresholds)


def test_nothing_held_out(make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, caplog) -> None:
    with pytest.raises(ValueError, match="needs held-out cells"):
        changed(tiny, split={"folds": 0, "fold": 0}, calibration="isotonic")
    folder = make_tiles({"image0": (0,)})
    train_on(folder, tmp_path / "model", changed(tiny, calibration="isotonic"), steps())
    assert "no cell is held out" in caplog.text
    assert read_members([tmp_path / "model"])[0].calibration is None

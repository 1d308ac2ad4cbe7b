"""The calibration in a classifier's description, whole and damaged."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tomli_w

from data.calibration.calibration import Calibration, TemperatureCalibration
from data.calibration.fitting import fit_calibration
from data.errors import InputError
from models.classifiers.ensemble.members import read_members
from models.classifiers.ensemble.stored_calibration import read_calibration
from models.classifiers.model_folder import read_architecture, read_classifier, save_classifier

CLASSES = 19


@pytest.fixture(params=["temperature", "isotonic"])
def fitted(request: pytest.FixtureRequest) -> Calibration:
    random = np.random.default_rng(1)
    values = random.random((60, CLASSES)).astype(np.float32)
    return fit_calibration(request.param, values, (random.random((60, CLASSES)) < 0.4).astype(np.float32))


@pytest.fixture
def folder(save: Callable[..., Path], tmp_path: Path, fitted: Calibration) -> Path:
    path = save(tmp_path / "model")
    weights = read_classifier(path).state_dict()
    record = {"calibration": {"kind": fitted.kind}}
    save_classifier(path, read_architecture(path), weights, record, calibration=fitted)
    return path


def test_what_is_saved_is_read(folder: Path, fitted: Calibration) -> None:
    assert read_calibration(folder, CLASSES) == fitted
    assert read_members([folder])[0].calibration == fitted
    assert read_classifier(folder) is not None


def test_classifiers_without_one(save: Callable[..., Path], tmp_path: Path) -> None:
    assert read_members([save(tmp_path / "plain")])[0].calibration is None


def change(folder: Path, change_table: Callable[[dict], object]) -> None:
    path = folder / "model.toml"
    description = tomllib.loads(path.read_text())
    change_table(description)
    path.write_text(tomli_w.dumps(description))


@pytest.mark.parametrize(
    ("change_table", "said"),
    [
        (lambda whole: whole.pop("calibration"), "no [calibration]"),
        (lambda whole: whole.update(calibration=5), "calibration = 5"),
        (lambda whole: whole.update(calibration=[1, 2]), "calibration = [1, 2]"),
        (lambda whole: whole["calibration"].pop("kind"), "calibration"),
        (lambda whole: whole["calibration"].update(kind="platt"), "calibration"),
        (lambda whole: whole["calibration"].pop("sha256"), "changed since it was written"),
        (lambda whole: whole["calibration"].update(more=1), "calibration"),
    ],
)
def test_damage(folder: Path, change_table: Callable[[dict], object], said: str) -> None:
    change(folder, change_table)
    with pytest.raises(InputError, match=re.escape(said)) as raised:
        read_members([folder])
    assert "model.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.0, 1.25, "hot"])
def test_a_changed_number(save: Callable[..., Path], tmp_path: Path, value: object) -> None:
    folder = save(tmp_path / "model")
    weights = read_classifier(folder).state_dict()
    fitted = TemperatureCalibration(temperatures=(1.5,) * CLASSES)
    save_classifier(folder, read_architecture(folder), weights, {}, calibration=fitted)

    def replace_one(whole: dict) -> None:
        whole["calibration"]["temperatures"][3] = value

    change(folder, replace_one)
    with pytest.raises(InputError, match=r"calibration"):
        read_members([folder])


def test_of_other_classes(save: Callable[..., Path], tmp_path: Path) -> None:
    folder = save(tmp_path / "model")
    weights = read_classifier(folder).state_dict()
    fitted = TemperatureCalibration(temperatures=(1.5, 2.0))
    save_classifier(folder, read_architecture(folder), weights, {}, calibration=fitted)
    with pytest.raises(InputError, match="the calibration of 2 classes; expected the calibration of 19"):
        read_members([folder])

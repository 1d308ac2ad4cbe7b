"""The calibration that a training left in a classifier's folder."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from data.calibration.calibration import Calibration
from data.errors import InputError
from data.text.toml_file import read_toml
from models.classifiers.model_folder import CHECKSUM, DESCRIPTION, hash_calibration

_CALIBRATION: TypeAdapter[Any] = TypeAdapter(Calibration)


def read_calibration(folder: Path, classes: int) -> Calibration | None:
    """Read by what a classifier's probabilities are calibrated; None where they stay as they are.

    Parameters
    ----------
    folder
        Of the classifier.
    classes
        How many classes it knows.

    Raises
    ------
    InputError
        The calibration is damaged, has a number that is not finite, is of other classes, or is missing where
        the training fitted one.
    """
    path = folder / DESCRIPTION
    description = read_toml(path)
    table = description.get("calibration")
    if table is None:
        if _was_fitted(description):
            raise _refused(path, classes, found="no [calibration], which the training fitted")
        return None
    recorded = table.get(CHECKSUM) if isinstance(table, dict) else None
    try:
        values = {name: value for name, value in dict(table).items() if name != CHECKSUM}
        calibration = _CALIBRATION.validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(["calibration", *map(str, first["loc"])])
        found = f"{name}: {first['msg'].removeprefix('Value error, ')}"
        raise _refused(path, classes, found) from None
    except (TypeError, ValueError):
        raise _refused(path, classes, found=f"calibration = {str(table)[:80]}") from None
    if calibration.class_count != classes:
        raise _refused(path, classes, found=f"the calibration of {calibration.class_count} classes")
    if recorded != hash_calibration(calibration):
        raise _refused(path, classes, found="a calibration that was changed since it was written")
    return calibration


def _was_fitted(description: dict[str, Any]) -> bool:
    training = description.get("training")
    return isinstance(training, dict) and isinstance(training.get("calibration"), dict)


def _refused(path: Path, classes: int, found: str) -> InputError:
    return InputError(
        found=found,
        where=path,
        expected=f"the calibration of {classes} classes, as the training wrote it",
        advice="copy the file again, or run `hpacells train` again",
    )

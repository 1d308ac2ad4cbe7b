"""The file ``thresholds.toml`` beside a trained classifier: a threshold a class, by name, and the notes."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tomli_w

from data.atomic import atomic_write
from data.errors import InputError
from data.thresholds.thresholds import Thresholds

THRESHOLD_FILE = "thresholds.toml"
"""Name of the file in the classifier's folder."""

_ADVICE = "run `hpacells train` again, or delete the file to use 0.5"


def write_thresholds(path: Path, thresholds: Thresholds, class_names: Sequence[str]) -> None:
    """Write thresholds, class by class in their order."""
    values = dict(zip(class_names, map(float, thresholds.values), strict=True))
    with atomic_write(path) as temporary:
        temporary.write_text(tomli_w.dumps({"notes": thresholds.notes, "thresholds": values}))


def read_thresholds(path: Path, class_names: Sequence[str]) -> Thresholds:
    """Read the thresholds of some classes, in their order.

    Raises
    ------
    InputError
        The file is missing or no such file, lacks a class, or has a threshold outside 0..1.
    """
    expected = "a threshold, 0..1, a class"
    try:
        content = tomllib.loads(path.read_text())
        values = np.array([float(content["thresholds"][name]) for name in class_names])
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            found=f"unreadable ({error})", where=path, expected=expected, advice=_ADVICE
        ) from None
    except KeyError as error:
        raise InputError(found=f"no {error}", where=path, expected=expected, advice=_ADVICE) from None
    except (TypeError, ValueError) as error:
        raise InputError(found=str(error), where=path, expected=expected, advice=_ADVICE) from None
    if not ((values >= 0) & (values <= 1)).all():
        raise InputError(found="a threshold outside 0..1", where=path, expected=expected, advice=_ADVICE)
    return Thresholds(values, [str(note) for note in content.get("notes", [])])

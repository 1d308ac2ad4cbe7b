"""Classifiers that OpenVINO has taken over, kept in this process for the commands that run in it."""

import hashlib
from functools import partial
from typing import Any

import pytest

from models.classifiers.classifier import Classifier
from models.classifiers.runtimes import openvino_runtime

MOST = 4

_kept: dict[str, Any] = {}


def keep_conversions(patch: pytest.MonkeyPatch) -> None:
    """Convert equal classifiers once; each command of a user converts them anew, for a second or two."""
    patch.setattr(openvino_runtime, "_convert", partial(_convert_once, openvino_runtime._convert))


def _convert_once(convert: Any, classifier: Classifier) -> Any:
    key = _find_key(classifier)
    model = _kept.pop(key, None) or convert(classifier)
    _kept[key] = model
    while len(_kept) > MOST:
        del _kept[next(iter(_kept))]
    # Int8 changes it.
    return model.clone()


def _find_key(classifier: Classifier) -> str:
    found = hashlib.sha256(classifier.architecture.model_dump_json().encode())
    for name, values in classifier.state_dict().items():
        found.update(name.encode())
        found.update(values.contiguous().numpy().tobytes())
    return found.hexdigest()

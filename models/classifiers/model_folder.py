"""The folder of a trained classifier: ``model.safetensors`` (weights) and ``model.toml`` (all the rest)."""

import hashlib
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from data.atomic import atomic_write
from data.calibration.calibration import Calibration
from data.errors import InputError
from data.file_hash import hash_file
from data.software.versions import library_versions
from data.text.toml_file import read_toml
from models.classifiers.classifier import Architecture, Classifier
from models.finite_weights import check_finite

WEIGHTS = "model.safetensors"
DESCRIPTION = "model.toml"
CHECKSUM = "sha256"
"""Key of the hash in the table of the calibration."""

FORMAT_VERSION = 1

_EXPECTED = f"the folder of a trained classifier, with {WEIGHTS} and {DESCRIPTION}"
_ADVICE = "run `hpacells train` first, or give another folder"


def save_classifier(
    folder: Path,
    architecture: Architecture,
    weights: Mapping[str, Tensor],
    training: Mapping[str, Any],
    thresholds: Sequence[float] | None = None,
    versions: Mapping[str, str] | None = None,
    calibration: Calibration | None = None,
) -> None:
    """Write a classifier.

    Parameters
    ----------
    folder
        Where to; the two files there are replaced, the description last.
    architecture
        How to build the classifier anew.
    weights
        Its state dict.
    training
        How it was trained (settings, seed, data, result), for the record: plain TOML values, None left out.
    thresholds
        From which probability on each class is called, (classes,); None where the training chose none.
    versions
        Library -> version that it was trained with; None for those that are installed.
    calibration
        By which its probabilities are calibrated; None where they stay as they are.
    """
    with atomic_write(folder / WEIGHTS) as temporary:
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}, temporary)
        content = hash_file(temporary)
    description = {
        "format_version": FORMAT_VERSION,
        "weights_sha256": content,
        "architecture": architecture.model_dump(mode="json"),
        **({} if thresholds is None else {"thresholds": {"values": list(thresholds)}}),
        **({} if calibration is None else {"calibration": _describe_calibration(calibration)}),
        "training": _without_none(training),
        "versions": library_versions() if versions is None else dict(versions),
    }
    with atomic_write(folder / DESCRIPTION) as temporary:
        temporary.write_text(tomli_w.dumps(description))


def read_classifier(folder: str | PathLike[str]) -> Classifier:
    """Build a classifier anew from its folder, in evaluation mode, on the CPU; nothing is downloaded.

    Raises
    ------
    InputError
        A file is missing or unreadable, a weight is not finite, or the weights are not those of the
        description.
    """
    folder = Path(folder)
    architecture = read_architecture(folder)
    bare = architecture.backbone.model_copy(update={"pretrained": "none"})
    try:
        classifier = Classifier(architecture.model_copy(update={"backbone": bare}))
    except InputError as error:
        raise InputError(
            found=f"a classifier that cannot be built ({error})",
            where=folder / DESCRIPTION,
            expected=_EXPECTED,
            advice="run `hpacells train` again with this version of hpacells, or give another folder",
        ) from None
    path = folder / WEIGHTS
    try:
        weights = load_file(path)
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, SafetensorError) as error:
        raise InputError(
            found=f"unreadable ({error})", where=path, expected=_EXPECTED, advice=_ADVICE
        ) from None
    check_finite(weights, path)
    try:
        classifier.load_state_dict(weights)
    except RuntimeError as error:
        problem = str(error).splitlines()[1:2] or [str(error)]
        raise InputError(
            found=f"weights that do not fit {DESCRIPTION} ({problem[0].strip()[:200]})",
            where=path,
            expected="the two files of one training",
            advice="run `hpacells train` again, or give another folder",
        ) from None
    _check_content(folder)
    return classifier.eval()


def read_architecture(folder: Path) -> Architecture:
    """Read what ``model.toml`` says of the classifier's architecture.

    Raises
    ------
    InputError
        The file is missing, no TOML, or does not describe a classifier of this version.
    """
    path = folder / DESCRIPTION
    try:
        description = read_toml(path)
        return Architecture.model_validate(description["architecture"])
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path) from None
    except KeyError:
        raise InputError(found="no [architecture]", where=path, expected=_EXPECTED, advice=_ADVICE) from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(["architecture", *map(str, first["loc"])])
        raise InputError(
            found=f"{name}: {first['msg'].removeprefix('Value error, ')}",
            where=path,
            expected=f"a description of format version {FORMAT_VERSION}",
            advice="run `hpacells train` again with this version of hpacells",
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(
            found=f"unreadable ({error})", where=path, expected=_EXPECTED, advice=_ADVICE
        ) from None


def _check_content(folder: Path) -> None:
    recorded = _read_description(folder).get("weights_sha256")
    if recorded is not None and str(recorded) != hash_file(folder / WEIGHTS):
        raise InputError(
            found=f"not the weights that {DESCRIPTION} was written with",
            where=folder / WEIGHTS,
            expected=f"the content with the SHA-256 {str(recorded)[:16]}...",
            advice="copy both files of the classifier again, or run `hpacells train` again",
        )


def read_versions(folder: Path) -> dict[str, str]:
    """Read the versions of the libraries that a classifier was trained with; empty where it names none."""
    versions = _read_description(folder).get("versions")
    return {name: str(version) for name, version in versions.items()} if isinstance(versions, dict) else {}


def read_training(folder: Path) -> dict[str, Any]:
    """Read the record of how a classifier was trained, or where it is from; empty where there is none."""
    training = _read_description(folder).get("training")
    return training if isinstance(training, dict) else {}


def hash_calibration(calibration: Calibration) -> str:
    """Hash a calibration, so that one changed number is noticed."""
    return hashlib.sha256(calibration.model_dump_json().encode()).hexdigest()


def _describe_calibration(calibration: Calibration) -> dict[str, Any]:
    return {**calibration.model_dump(mode="json"), CHECKSUM: hash_calibration(calibration)}


def _read_description(folder: Path) -> dict[str, Any]:
    """Read the description without a check; empty where it cannot be read."""
    try:
        return read_toml(folder / DESCRIPTION)
    except (OSError, ValueError):
        return {}


def _missing(path: Path) -> InputError:
    return InputError(found="no such file", where=path, expected=_EXPECTED, advice=_ADVICE)


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_none(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if value is not None
    }

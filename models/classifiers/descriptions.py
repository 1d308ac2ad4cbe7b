"""What the descriptions of trained classifiers say, read without loading the classifiers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.labels.label_set import read_label_set
from data.text.toml_file import read_toml
from models.classifiers.backbones.settings import SUBCELL_CHANNELS
from models.classifiers.backbones.subcell.names import parse_name
from models.classifiers.bundled import find_classifier_folder
from models.classifiers.fold_folders import list_folds

_DESCRIPTION = "model.toml"


def names_published(model: str | Path) -> bool:
    """Return whether a model is named as a published network of SubCell, which need not be fetched yet."""
    return parse_name(str(model)) is not None and not Path(model).is_dir()


def read_descriptions(model: str | Path) -> list[dict[str, Any]]:
    """Read the ``model.toml`` of a classifier, or of its folds.

    Parameters
    ----------
    model
        Folder of a classifier or of folds, or name of a bundled one.

    Returns
    -------
    list of dict
        Empty where there is none; what cannot be read is left out, and reported by what loads it.
    """
    folder = find_classifier_folder(model)
    if not folder.is_dir():
        return []
    descriptions = []
    for path in (folder, *list_folds(folder)):
        try:
            descriptions.append(read_toml(path / _DESCRIPTION))
        except (OSError, ValueError):
            continue
    return descriptions


def are_subcell(models: Sequence[str | Path]) -> bool:
    """Return whether there are models, and the network of all of them is SubCell."""
    return bool(models) and all(map(_is_subcell, models))


def count_classifiers(models: Sequence[str | Path]) -> int:
    """Count the classifiers of some models: each fold is one."""
    return sum(1 if names_published(model) else len(read_descriptions(model)) for model in models)


def know_classes(models: Sequence[str | Path], names: Sequence[str]) -> bool:
    """Return whether all of some models know these classes, in this order; published ones know SubCell's."""
    known = [read_label_set("subcell31").names for model in models if names_published(model)]
    known += [
        _read_classes(description)
        for model in models
        if not names_published(model)
        for description in read_descriptions(model)
    ]
    return bool(known) and all(classes == tuple(names) for classes in known)


def read_backbones(models: Sequence[str | Path]) -> list[str]:
    """Read the names of the networks of some models, given as to `read_descriptions`; folds included."""
    return [_read_backbone(description) for model in models for description in read_descriptions(model)]


def _is_subcell(model: str | Path) -> bool:
    if names_published(model):
        return True
    names = read_backbones([model])
    return bool(names) and all(name in SUBCELL_CHANNELS for name in names)


def _read_classes(description: dict[str, Any]) -> tuple[str, ...]:
    try:
        return tuple(description["architecture"]["class_names"])
    except (KeyError, TypeError):
        return ()


def _read_backbone(description: dict[str, Any]) -> str:
    try:
        return str(description["architecture"]["backbone"]["name"])
    except (KeyError, TypeError):
        return ""

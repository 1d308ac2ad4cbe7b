"""The preset of the tiles that trained classifiers take, told without loading them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.text.toml_file import read_toml
from data.tiles.tile_presets import PRESETS, PresetName
from models.classifiers.backbones.subcell.names import parse_name
from models.classifiers.bundled import find_classifier_folder
from models.classifiers.fold_folders import list_folds

_DESCRIPTION = "model.toml"


def find_preset(models: Sequence[str | Path]) -> PresetName | None:
    """Find the preset of the tiles that some classifiers take; None where none of them tells.

    Parameters
    ----------
    models
        Folders of classifiers or of folds, names of bundled ones or of SubCell.

    Raises
    ------
    InputError
        Two of them take tiles of different presets.
    """
    first: tuple[str | Path, PresetName] | None = None
    for model in models:
        for preset in _read_presets(model):
            first = first or (model, preset)
            if preset != first[1]:
                raise InputError(
                    found=f"tiles of the preset {preset}, where {first[0]} takes those of {first[1]}",
                    where=model,
                    expected="classifiers that take tiles of one preset",
                    advice="predict with them one after the other, each on its own work folder",
                )
    return None if first is None else first[1]


def _read_presets(model: str | Path) -> list[PresetName]:
    """Read what the descriptions in a folder say; one that cannot be read is reported by what loads it."""
    if parse_name(str(model)) is not None and not Path(model).is_dir():
        # Of a published network, which need not be fetched yet.
        return ["subcell"]
    folder = find_classifier_folder(model)
    if not folder.is_dir():
        return []
    return [
        preset
        for path in (folder, *list_folds(folder))
        if (preset := _read_preset(path / _DESCRIPTION)) is not None
    ]


def _read_preset(path: Path) -> PresetName | None:
    try:
        description: Any = read_toml(path)
        named = description["architecture"]["tiles"].get("preset", "cell")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return next((preset for preset in PRESETS if preset == named), None)

"""The preset of the tiles that trained classifiers take, told without loading them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.tiles.tile_presets import PRESETS, PresetName
from models.classifiers.descriptions import names_published, read_descriptions


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
    if names_published(model):
        return ["subcell"]
    return [
        preset
        for description in read_descriptions(model)
        if (preset := _read_preset(description)) is not None
    ]


def _read_preset(description: Mapping[str, Any]) -> PresetName | None:
    try:
        named = description["architecture"]["tiles"].get("preset", "cell")
    except (KeyError, TypeError, AttributeError):
        return None
    return next((preset for preset in PRESETS if preset == named), None)

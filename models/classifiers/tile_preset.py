"""The preset of the tiles that trained classifiers take, told without loading them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.tiles.tile_presets import FIELD, PRESETS, TilesName
from models.classifiers.descriptions import names_published, read_descriptions


def find_preset(models: Sequence[str | Path]) -> TilesName | None:
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
    first: tuple[str | Path, TilesName] | None = None
    for model in models:
        for preset, _ in _read_presets(model):
            first = first or (model, preset)
            if preset != first[1]:
                raise InputError(
                    found=f"tiles of the preset {preset}, where {first[0]} takes those of {first[1]}",
                    where=model,
                    expected="classifiers that take tiles of one preset",
                    advice="predict with them one after the other, each on its own work folder",
                )
    return None if first is None else first[1]


def find_field_px(models: Sequence[str | Path]) -> int | None:
    """Find the side in px of the whole fields that some classifiers take; None where they are of cells.

    Raises
    ------
    InputError
        Two of them take fields of different sizes, or one takes cells and another fields.
    """
    if find_preset(models) != FIELD:
        return None
    sizes = [(model, size) for model in models for _, size in _read_presets(model)]
    for model, size in sizes:
        if size != sizes[0][1]:
            raise InputError(
                found=f"fields of {size} px, where {sizes[0][0]} takes those of {sizes[0][1]} px",
                where=model,
                expected="classifiers that take fields of one size",
                advice="predict with one of them",
            )
    return sizes[0][1]


def _read_presets(model: str | Path) -> Iterator[tuple[TilesName, int]]:
    if names_published(model):
        yield "subcell", PRESETS["subcell"].size
        return
    for description in read_descriptions(model):
        tiles = _read_tiles(description)
        names: tuple[TilesName, ...] = (*PRESETS, FIELD)
        preset: TilesName | None = next((name for name in names if name == tiles.get("preset", "cell")), None)
        size = tiles.get("size")
        # What is damaged is reported by what loads it.
        if tiles and preset is not None and (preset != FIELD or isinstance(size, int)):
            yield preset, size if isinstance(size, int) else 0


def _read_tiles(description: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        tiles = description["architecture"]["tiles"]
    except (KeyError, TypeError):
        return {}
    return tiles if isinstance(tiles, Mapping) else {}

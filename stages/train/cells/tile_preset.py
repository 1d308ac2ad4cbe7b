"""The preset of the tiles that a classifier is trained with: that of those that are there."""

from pathlib import Path

from data.errors import InputError
from data.tiles.cutting.fitting import fit_tiles
from data.tiles.tile_presets import FIELD, PresetTiles
from stages.train.settings import TrainSettings


def follow_preset(settings: TrainSettings, tiles: PresetTiles, where: Path) -> TrainSettings:
    """Return the settings of a training for the preset of some tiles.

    Parameters
    ----------
    settings
        Of the training.
    tiles, where
        The tiles, and where they are.

    Raises
    ------
    InputError
        The settings name another preset, or the tiles are fields where cells are to be classified, or cells
        where fields are.
    """
    if (tiles.preset == FIELD) != (settings.unit == "field"):
        there = "field" if tiles.preset == FIELD else "cell"
        raise InputError(
            found=f"tiles of {'whole fields' if there == 'field' else 'cells'}",
            where=where,
            expected=f"tiles of {settings.unit}s, since train.unit = {settings.unit}",
            advice="give the work folder in which the images were segmented",
        )
    if settings.unit == "field":
        return _take_fields(settings, tiles, where)
    own = settings.tiles
    # A preset that nobody names is no wish for tiles of cells' own boxes.
    if "preset" not in own.model_fields_set:
        own = own.model_copy(update={"preset": tiles.preset})
    fitted = fit_tiles(own, tiles, where, "the recipe (train.tiles.preset)")
    return settings if fitted == settings.tiles else settings.model_copy(update={"tiles": fitted})


def _take_fields(settings: TrainSettings, tiles: PresetTiles, where: Path) -> TrainSettings:
    """Return the settings with fields of the size that they name, each an image of its own."""
    own, size = settings.tiles, settings.field_px
    crop = round(own.crop * size / own.size)
    fitted = fit_tiles(
        own.model_copy(update={"preset": FIELD, "size": size, "crop": crop}),
        tiles,
        where,
        "the recipe (train.field_px)",
    )
    return settings.model_copy(update={"tiles": fitted, "image_weight": 0.0})

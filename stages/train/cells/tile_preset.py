"""The preset of the tiles that a classifier is trained with: that of those that are there."""

from pathlib import Path

from data.tiles.fitting import fit_tiles
from data.tiles.tile_presets import PresetTiles
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
        The settings name another preset.
    """
    own = settings.tiles
    # A preset that nobody names is no wish for tiles of cells' own boxes.
    if "preset" not in own.model_fields_set:
        own = own.model_copy(update={"preset": tiles.preset})
    fitted = fit_tiles(own, tiles, where, "the recipe (train.tiles.preset)")
    return settings if fitted == settings.tiles else settings.model_copy(update={"tiles": fitted})

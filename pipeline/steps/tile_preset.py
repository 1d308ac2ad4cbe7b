"""The preset by which the whole job cuts its tiles: the one that its classifier takes."""

import logging
from collections.abc import Sequence
from pathlib import Path

from data.errors import InputError
from data.tiles.tile_presets import FIELD, PresetName, are_alike
from pipeline.config.config import Config
from stages.crops.settings import CropsSettings
from stages.train.settings import TrainSettings

log = logging.getLogger("hpacells")


def choose_preset(models: Sequence[str | Path], config: Config) -> PresetName:
    """Choose the preset of the tiles: that of the settings, else the one that the classifiers take.

    Parameters
    ----------
    models
        The classifiers that will predict, by folder or name; none where one is trained first, whose recipe
        may name the preset.
    config
        The configuration, for the settings of the crops and of the training.

    Raises
    ------
    InputError
        The settings name a preset that the classifiers do not take, or these take different ones or whole
        fields.
    """
    from models.classifiers.tile_preset import find_preset

    crops = config.settings("crops", CropsSettings)
    if models:
        needed, by = find_preset(models), ", ".join(map(str, models))
    else:
        train = config.settings("train", TrainSettings)
        tiles = train.tiles
        needed = tiles.preset if "preset" in tiles.model_fields_set else None
        by = "the recipe (train.tiles.preset)"
        if train.unit == "field":
            needed, by = FIELD, "the recipe (train.unit)"
    if needed == FIELD:
        raise InputError(
            found="a classifier of whole fields",
            where=by,
            expected="one of cells, which `hpacells run` classifies",
            advice="type `hpacells train` or `hpacells predict` for the fields, afterwards or by themselves",
        )
    if needed is None or needed == crops.preset:
        return crops.preset
    if "preset" not in crops.model_fields_set:
        log.info("crops.preset = %s, which %s takes", needed, by)
        return needed
    if not are_alike(needed, crops.preset):
        raise InputError(
            found=f"crops.preset = {crops.preset}",
            where="settings",
            expected=f"{needed}, which {by} takes",
            advice="leave it out: run sets it by itself",
        )
    return crops.preset

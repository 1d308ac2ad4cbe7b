"""The channels that a classifier is trained with: those of the settings that the tiles have."""

import logging
from collections.abc import Collection

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.fewer_channels.folder_channels import name_channels
from models.classifiers.backbones.settings import SUBCELL_CHANNELS
from stages.train.settings import TrainSettings

log = logging.getLogger("hpacells")


def leave_out_absent(settings: TrainSettings, channels: Collection[str]) -> TrainSettings:
    """Return the settings without the channels that the tiles lack, and log which these are.

    Parameters
    ----------
    settings
        Of the training.
    channels
        The channels of the tiles.

    Raises
    ------
    InputError
        No stain is left, or none that is always there.
    """
    absent = [channel for channel in CHANNELS if channel not in channels]
    named = settings.tiles.channels
    lacking = [channel for channel in absent if channel in named]
    if not lacking:
        return settings
    kept = tuple(channel for channel in named if channel not in lacking)
    optional = tuple(channel for channel in settings.optional_channels if channel not in lacking)
    if not set(kept) & set(CHANNELS) or len(optional) >= len(kept):
        raise InputError(
            found=f"tiles without {name_channels(lacking)}",
            where=f"setting train.tiles.channels = {', '.join(named)}",
            expected="a channel that the tiles have",
            advice=f"name some of {', '.join(channels)}",
        )
    _check_backbone(settings, lacking, kept)
    log.warning(
        "the tiles have no %s channel: the classifier is trained with %s, and predicts by these alone",
        name_channels(lacking, "or"),
        ", ".join(kept),
    )
    tiles = settings.tiles.model_copy(update={"channels": kept})
    return settings.model_copy(update={"tiles": tiles, "optional_channels": optional})


def _check_backbone(settings: TrainSettings, lacking: Collection[str], kept: Collection[str]) -> None:
    name = settings.backbone.name
    if name not in SUBCELL_CHANNELS:
        return
    fitting = next((other for other, taken in SUBCELL_CHANNELS.items() if set(taken) <= set(kept)), None)
    raise InputError(
        found=f"tiles without {name_channels(lacking)}",
        where=f"setting train.backbone.name = {name}",
        expected=f"the channels {', '.join(SUBCELL_CHANNELS[name])}",
        advice="choose another network"
        if fitting is None
        else f'set backbone.name = "{fitting}" and tiles.channels = {list(SUBCELL_CHANNELS[fitting])}',
    )

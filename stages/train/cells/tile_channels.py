"""The channels that a classifier is trained with: those of the settings that the tiles have."""

import logging
from collections.abc import Collection

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.fewer_channels.folder_channels import name_channels
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
    log.warning(
        "the tiles have no %s channel: the classifier is trained with %s, and predicts by these alone",
        name_channels(lacking, "or"),
        ", ".join(kept),
    )
    tiles = settings.tiles.model_copy(update={"channels": kept})
    return settings.model_copy(update={"tiles": tiles, "optional_channels": optional})

"""Whether the features of a training's backbone can be computed once, and what stands against it."""

import logging

from data.errors import InputError
from models.classifiers.heads.head import wants_map
from stages.train.settings import TrainSettings

log = logging.getLogger("hpacells")


def caches_features(settings: TrainSettings) -> bool:
    """Return whether features are computed once and the head trained on them; log what prevents it.

    Raises
    ------
    InputError
        The settings ask for it, but another one contradicts.
    """
    if settings.cache_features == "never":
        return False
    obstacle = find_obstacle(settings)
    if obstacle is None:
        return True
    reason, advice = obstacle
    if settings.cache_features == "always":
        raise InputError(
            found=f"always, but {reason}",
            where="setting train.cache_features",
            expected="a frozen backbone, and tiles that are the same in every epoch",
            advice=f"{advice}, or train.cache_features=never",
        )
    if settings.backbone.frozen == "all":
        log.info("the frozen backbone runs in every epoch, because %s; %s to run it once", reason, advice)
    return False


def find_obstacle(settings: TrainSettings) -> tuple[str, str] | None:
    """Find what makes features change from epoch to epoch, or too large to keep.

    Returns
    -------
    tuple or None
        What it is, and what to set instead; None where the features of a tile can be computed once.
    """
    tiles, augment = settings.tiles, settings.augment
    if settings.backbone.frozen != "all":
        return (
            f"train.backbone.frozen = {settings.backbone.frozen} lets it learn",
            "set train.backbone.frozen=all",
        )
    if augment.probability:
        return f"train.augment.kind = {augment.kind} changes the tiles", "set train.augment.kind=none"
    if tiles.side != tiles.size:
        return f"train.tiles.crop = {tiles.crop} cuts tiles at random", "set train.tiles.crop=0"
    if settings.optional_channels:
        channels = ", ".join(settings.optional_channels)
        return (
            f"train.optional_channels = {channels} are left out at random",
            "set train.optional_channels=[]",
        )
    if wants_map(settings.head):
        advice = "choose a head with head.pooling = average"
        return (
            f"the head ({settings.head.kind}) takes whole feature maps, which are larger than tiles",
            advice,
        )
    return None

"""Where a recipe's initial weights come from: ImageNet, if they can be had here."""

import logging

from data.errors import InputError
from models.classifiers.backbones.backbone import create_backbone
from models.classifiers.heads.head import wants_map
from stages.train.settings import TrainSettings

log = logging.getLogger("hpacells")


class Download:
    """Tries timm's download until it fails once; a machine without a network is not asked again and again.

    Parameters
    ----------
    allowed
        Whether to try at all.
    """

    def __init__(self, *, allowed: bool = True) -> None:
        self._reachable = allowed

    def settle(self, settings: TrainSettings) -> TrainSettings:
        """Return the settings with weights that are at hand: without those that cannot be fetched."""
        if settings.backbone.pretrained != "hub":
            return settings
        if self._reachable:
            self._reachable = self._try(settings)
        if self._reachable:
            return settings
        backbone = settings.backbone.model_copy(update={"pretrained": "none"})
        return settings.model_copy(update={"backbone": backbone})

    def _try(self, settings: TrainSettings) -> bool:
        channels, side = len(settings.tiles.channels), settings.tiles.side
        try:
            create_backbone(settings.backbone, channels, side, pooled=not wants_map(settings.head))
        except InputError as error:
            log.warning("no weights are fetched: %s", error)
            return False
        return True


def describe_weights(wanted: TrainSettings, used: TrainSettings) -> str:
    """Name the initial weights of the backbone in a word or two."""
    if used.backbone.pretrained != "none":
        return "ImageNet"
    asked = wanted.backbone.pretrained != "none"
    if used.backbone.frozen == "all":
        return "random, frozen"
    return "random (ImageNet not at hand)" if asked else "random"

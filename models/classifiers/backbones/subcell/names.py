"""The networks of SubCell: their channels, their trainings, and what the weights of each are called."""

import re
from dataclasses import dataclass
from typing import Literal

from models.classifiers.backbones.settings import SUBCELL_CHANNELS

Training = Literal["mae-contrast-supcon", "vit-supcon"]
"""How the published weights were trained."""

TRAININGS: tuple[Training, ...] = ("mae-contrast-supcon", "vit-supcon")
DEFAULT_TRAINING: Training = TRAININGS[0]

CHANNELS = {name.partition("-")[2]: channels for name, channels in SUBCELL_CHANNELS.items()}
"""Channel set -> channels, in the order in which the network takes them; the one of most channels first."""

ANY = "subcell"
"""In place of a channel set's name: the one that fits the tiles."""

_NAME = re.compile(rf"{ANY}(-(?P<channels>{'|'.join(CHANNELS)}))?(-(?P<training>{'|'.join(TRAININGS)}))?")


@dataclass(frozen=True)
class SubCellName:
    """Which of the published weights; without a channel set those that fit the tiles."""

    channel_set: str | None
    training: Training = DEFAULT_TRAINING

    def __str__(self) -> str:
        """Return the name that people type, such as ``subcell-rybg`` or ``subcell-bg-vit-supcon``."""
        parts = [ANY, self.channel_set, None if self.training == DEFAULT_TRAINING else self.training]
        return "-".join(filter(None, parts))

    def of(self, channel_set: str) -> "SubCellName":
        """Return the weights of the same training for a channel set."""
        return SubCellName(channel_set, self.training)


def parse_name(name: str) -> SubCellName | None:
    """Parse the name of published weights; None for any other name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return SubCellName(found["channels"], find_training(found["training"]) or DEFAULT_TRAINING)


def find_training(training: str | None) -> Training | None:
    """Return a training by its name; None where there is no such training."""
    named: dict[str | None, Training] = {each: each for each in TRAININGS}
    return named.get(training)


def list_names() -> list[SubCellName]:
    """List all published weights, those of the default training first."""
    return [SubCellName(channel_set, training) for training in TRAININGS for channel_set in CHANNELS]

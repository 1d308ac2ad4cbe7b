"""Where SubCell's weights are published, from `weights.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from models.classifiers.backbones.subcell.names import SubCellName

TWO_HEADS = ("rybg", "mae-contrast-supcon")
"""Channel set and training of which the program of 2024-10 averages two classifier files, not one."""


@dataclass(frozen=True)
class PublishedSubCell:
    """The published files of one network.

    Attributes
    ----------
    name
        Which network.
    encoder, heads
        Addresses below the source.
    folder
        Folder of its files in a checkout of SubCellPortable.
    """

    name: SubCellName
    encoder: str
    heads: tuple[str, ...]
    folder: str

    @property
    def encoder_names(self) -> tuple[str, str]:
        """What the encoder's file may be called: as the program has it, or as it is published."""
        return "encoder.pth", PurePosixPath(self.encoder).name

    @property
    def averages_two_heads(self) -> bool:
        """Whether the program of 2024-10 averages two classifier files of this network."""
        return (self.name.channel_set, self.name.training) == TWO_HEADS


@cache
def _read() -> dict[str, Any]:
    text = files("models.classifiers.subcell").joinpath("weights.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def find_published(name: SubCellName) -> PublishedSubCell:
    """Return the published files of a network, whose name has a channel set."""
    prefix = _read()["prefixes"][name.channel_set]
    training = _read()["trainings"][name.training]
    heads = tuple(head.format(prefix=prefix) for head in training["heads"])
    return PublishedSubCell(name, training["encoder"].format(prefix=prefix), heads, training["folder"])


def read_fact(fact: str) -> Any:
    """Return source, publication, licence or megabytes of the published files."""
    return _read()[fact]

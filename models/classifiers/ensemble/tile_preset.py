"""Classifiers, fitted to the preset of the tiles that they are to predict."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from data.tiles.cutting.fitting import fit_tiles
from data.tiles.tile_presets import PresetTiles
from models.classifiers.ensemble.fewer_channels import name_member
from models.classifiers.ensemble.members import Member

log = logging.getLogger("hpacells")


def fit_members(members: Sequence[Member], tiles: PresetTiles, where: object) -> list[Member]:
    """Return the classifiers as they predict some tiles, and log which take them at another size.

    Parameters
    ----------
    members
        The classifiers.
    tiles
        The tiles.
    where
        Which tiles, for messages.

    Raises
    ------
    InputError
        The tiles are of a preset that a classifier does not take.
    """
    return [_fit(member, tiles, where) for member in members]


def _fit(member: Member, tiles: PresetTiles, where: object) -> Member:
    own, name = member.architecture.tiles, name_member(member)
    fitted = fit_tiles(own, tiles, where, f"the classifier {name}")
    if fitted == own:
        return member
    log.info(
        "%s, made for the preset %s (%d px), takes tiles of the preset %s (%d px)",
        name,
        own.preset,
        own.size,
        fitted.preset,
        fitted.size,
    )
    return replace(member, architecture=member.architecture.model_copy(update={"tiles": fitted}))

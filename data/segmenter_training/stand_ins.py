"""Crops as segmenters see fields without microtubules: the ER or the protein stands in for them."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.segmenter_training.stains import STAINS
from data.settings import Settings

_RED, _YELLOW = STAINS.index("red"), STAINS.index("yellow")


class StandInSettings(Settings):
    """How often another stain takes the place of one that is not there."""

    er: float = Setting(
        default=0.06, ge=0, le=1, description="part of the crops in which the ER stands in for microtubules"
    )
    protein: float = Setting(
        default=0.12,
        ge=0,
        le=1,
        description="part of the crops in which the protein stands in for microtubules and ER",
    )


def choose_stand_in(settings: StandInSettings, random: np.random.Generator, *, has_protein: bool) -> str:
    """Choose what stands in for the microtubules of a crop: ``"yellow"``, ``"green"``, or nothing (``""``).

    Parameters
    ----------
    settings
        How often each does.
    random
        Equal states give equal choices; no number is drawn where nothing ever stands in.
    has_protein
        Whether the field's protein is known.
    """
    if not settings.er + settings.protein:
        return ""
    place = random.random()
    if place < settings.er:
        return "yellow"
    return "green" if has_protein and place < settings.er + settings.protein else ""


def replace_stains(stains: NDArray[np.float32], stand_in: NDArray[np.float32]) -> None:
    """Put what stands in where the microtubules and the ER are, in place.

    Parameters
    ----------
    stains
        (3, h, w), red, yellow, blue.
    stand_in
        (h, w), the ER or the protein on the same scale.
    """
    stains[_RED] = stains[_YELLOW] = stand_in

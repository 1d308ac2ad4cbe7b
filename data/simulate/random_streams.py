"""Random streams by key: every part of a field draws from its own, so no part shifts the draws of another."""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a random stream is for; the number is part of its key, so it must never change."""

    SINGLE_LABELS = 0
    FIRST_LABELS = 1
    SECOND_LABELS = 2
    MORE_LABELS = 3
    LAYOUT = 4
    TEXTURES = 5
    CELL_LABELS = 6
    CELL = 7
    MICROTUBULES = 8
    STAINS = 9
    PROTEIN = 10
    PROTEIN_STYLE = 11
    CAMERA = 12
    CELL_LINE = 13
    STAINING = 30
    CLUSTERS = 31
    OPTICS = 32
    LABEL_SET = 20
    VARIABILITY = 21
    ABSENT_CLASS = 22
    WRONG_LABEL = 23
    FIELD_SIZE = 24


def random_stream(*key: int) -> np.random.Generator:
    """Return the generator of a key (seed, field, what for, cell ...); the same key gives the same draws."""
    return np.random.default_rng(np.random.SeedSequence(list(key)))


def shuffled_cycle(position: int, length: int, seed: int, stream: Stream) -> int:
    """Return place ``position`` of an endless series of shuffled rounds through 0..length - 1."""
    lap, place = divmod(position, length)
    return int(random_stream(seed, lap, stream).permutation(length)[place])

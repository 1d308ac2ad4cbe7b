"""What goes well and ill when a field is taken: focus, brightness, illumination, bleed-through."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from data.simulate.imaging.optics import Exposure
from data.simulate.random_streams import Stream, random_stream

_BLUR_UM = (0.095, 0.1, 0.105, 0.075)
"""Standard deviation of the point spread function of red, green, blue and yellow: a sharp confocal image."""

_MOST_HAZE = (0.01, 0.012, 0.002, 0.012)
"""Largest background light of each channel; nothing but the nuclei holds the blue dye."""

_BLACK = ((0.5, 6.0), (0.0, 3.0), (1.0, 4.5), (0.0, 3.0))
"""Range of the grey value below which each channel is black."""

_NEIGHBOURS = ((1, 0), (2, 1), (0, 3))
"""Channels whose light is seen in the next one's, as their spectra lie: green in red, blue in green, red in
yellow."""


@dataclass(frozen=True)
class Optics:
    """How often and how badly the fields of a set are taken.

    Attributes
    ----------
    bits
        8 or 16 bit images.
    dim
        Part of the fields one channel of which is much too dark.
    saturated
        Part of the fields one channel of which is too bright.
    out_of_focus
        Part of the fields that are out of focus.
    bleed_through
        Largest part of a channel's light that is seen in the next one's.
    uneven
        Largest fall of the illumination from the middle to a side away.
    """

    bits: Literal[8, 16] = 8
    dim: float = 0.08
    saturated: float = 0.1
    out_of_focus: float = 0.05
    bleed_through: float = 0.04
    uneven: float = 0.35


@dataclass(frozen=True)
class Conditions:
    """How one field is taken.

    Attributes
    ----------
    blur_um
        Of each channel.
    peaks
        Grey value of each channel's bright structures.
    photons
        Of each channel, for a grey value of 255.
    leaks
        Per pair of channels (from, to) the part of light that bleeds through.
    fall, centre
        The illumination, for ``data.simulate.imaging.optics.spread_light``.
    """

    blur_um: tuple[float, ...]
    peaks: tuple[float, ...]
    photons: tuple[float, ...]
    leaks: dict[tuple[int, int], float]
    fall: float
    centre: tuple[float, float]

    def expose(self, channel: int, full: float, random: np.random.Generator) -> Exposure:
        """Set the exposure of a channel whose bright structures have brightness ``full``."""
        return Exposure(
            blur_um=self.blur_um[channel],
            glow=random.uniform(0.08, 0.22),
            haze=random.uniform(0.0, _MOST_HAZE[channel]),
            peak=self.peaks[channel],
            full=full,
            photons=self.photons[channel],
            read_noise=random.uniform(0.3, 1.1),
            black=random.uniform(*_BLACK[channel]),
        )


def draw_conditions(key: tuple[int, int], optics: Optics) -> Conditions:
    """Draw how field ``key`` (seed and number) is taken."""
    random = random_stream(*key, Stream.OPTICS)
    blur = np.array(_BLUR_UM) * random.uniform(0.9, 1.5, 4)
    if random.random() < optics.out_of_focus:
        blur = np.hypot(blur, random.uniform(0.2, 0.6))
    peaks = random.uniform(170.0, 255.0, 4)
    photons = np.exp(random.uniform(np.log(250.0), np.log(2500.0), 4))
    if random.random() < optics.dim:
        channel = int(random.integers(4))
        darker = random.uniform(0.15, 0.5)
        peaks[channel] *= darker
        photons[channel] *= darker
    if random.random() < optics.saturated:
        peaks[int(random.integers(4))] *= random.uniform(1.4, 3.0)
    return Conditions(
        blur_um=tuple(blur.tolist()),
        peaks=tuple(peaks.tolist()),
        photons=tuple(photons.tolist()),
        leaks={pair: float(random.uniform(0.0, optics.bleed_through)) for pair in _NEIGHBOURS},
        fall=float(random.uniform(0.0, optics.uneven)),
        centre=(float(random.uniform(0.3, 0.7)), float(random.uniform(0.3, 0.7))),
    )

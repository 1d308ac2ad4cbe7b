"""Cells that grow dim towards their rim, as flat ones do: what lies there is thin, and little light comes."""

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.segmenter_training.targets import distance_to_border
from data.settings import Settings


class FadingSettings(Settings):
    """How often cells fade towards their rim, and how far."""

    part: float = Setting(default=0.0, ge=0, le=1, description="part of the crops whose cells fade")
    dimmest: float = Setting(
        default=0.03, gt=0, le=1, description="least light at the rim, as a share of the light at the nucleus"
    )
    steepness: tuple[float, float] = Setting(
        default=(0.7, 2.5), description="range of the power by which the way to the rim is weighted"
    )
    black_level: float = Setting(
        default=0.02,
        ge=0,
        le=0.5,
        description="largest light that is cut off as background",
    )


def fade_cells(
    stains: NDArray[np.float32],
    nuclei: NDArray[np.int32],
    cells: NDArray[np.int32],
    settings: FadingSettings,
    random: np.random.Generator,
) -> None:
    """Dim the microtubules and the ER of each cell from its nucleus to its rim, in place.

    Parameters
    ----------
    stains
        (3, h, w) float32, red, yellow, blue, as roots of the light.
    nuclei, cells
        (h, w) label images with the same numbers.
    settings
        How far; `part` is the caller's.
    random
        Equal states give equal changes.
    """
    count = int(cells.max(initial=0)) + 1
    depth = -np.log(settings.dimmest) * random.random(count).astype(np.float32)
    depth[0] = 0
    power = random.uniform(*settings.steepness, count).astype(np.float32)
    way = _way_to_rim(nuclei, cells)
    light = np.exp(-depth[cells] * way ** power[cells])
    black = np.float32(random.uniform(0, settings.black_level))
    for stain in stains[:2]:
        np.square(stain, out=stain)
        stain *= light
        stain -= black
        np.sqrt(np.maximum(stain, 0, out=stain), out=stain)


def _way_to_rim(nuclei: NDArray[np.int32], cells: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return (h, w) float32: 0 in nuclei, 1 at the rim of cells, and how far between the two elsewhere."""
    # Where no nucleus is, cv2 has no distance to give.
    if not (nuclei > 0).any():
        return np.zeros(cells.shape, np.float32)
    to_nucleus = cv2.distanceTransform((nuclei == 0).astype(np.uint8), cv2.DIST_L2, 5)
    return to_nucleus / np.maximum(to_nucleus + distance_to_border(cells), 1e-6)

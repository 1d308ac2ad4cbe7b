"""Where in a cell the protein lies: its brightness from the middle of the nucleus to the cell's border."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from data.channels import CHANNELS

RINGS = 4
"""Parts of the way from the nucleus to the border."""

_GREEN = CHANNELS.index("green")


def measure_radial(
    tile: NDArray[np.uint8], cell: NDArray[np.bool_], nucleus: NDArray[np.bool_]
) -> dict[str, float]:
    """Measure the protein (green) in six zones of a cell, each against the mean of the whole cell.

    The nucleus has a centre and a rim: what is more, or less, than half as deep as its deepest pixel.
    Around it lie four rings: a pixel's place is its distance to the nucleus, over the sum of that and its
    distance to the border of the cell (as in CellProfiler's MeasureObjectIntensityDistribution).

    Parameters
    ----------
    tile
        (4, S, S) R G B Y.
    cell, nucleus
        (S, S) masks; what of the nucleus lies outside the cell does not count.

    Returns
    -------
    dict
        Mean of a zone over the mean of the cell (1: even). NaN where a zone has no pixel, there is no
        nucleus, or no light at all.
    """
    green = tile[_GREEN].astype(float)
    mean = float(green[cell].mean()) if cell.any() else 0.0
    measured = {}
    for name, zone in _find_zones(cell, nucleus & cell).items():
        measured[f"green {name}"] = float(green[zone].mean()) / mean if zone.any() and mean else np.nan
    return measured


def _find_zones(cell: NDArray[np.bool_], nucleus: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    depth = _distance_within(nucleus)
    deep = depth > depth.max() / 2
    zones = {"nucleus centre": nucleus & deep, "nucleus rim": nucleus & ~deep}
    outward = np.asarray(ndimage.distance_transform_edt(~nucleus))
    # Without a nucleus there is no way outward: no pixel then lies in any ring.
    around = cell & ~nucleus & nucleus.any()
    way = outward / np.maximum(outward + _distance_within(cell), 1e-9)
    ring = np.minimum((way * RINGS).astype(int), RINGS - 1)
    return zones | {f"ring {number + 1} of {RINGS}": around & (ring == number) for number in range(RINGS)}


def _distance_within(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    # What lies beyond the tile is outside, too.
    return np.asarray(ndimage.distance_transform_edt(np.pad(mask, 1)))[1:-1, 1:-1]

"""How bright each stain of a cell is, and how the stains go together."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from data.channels import CHANNELS


def measure_intensity(tile: NDArray[np.uint8], cell: NDArray[np.bool_], area_px: float) -> dict[str, float]:
    """Measure each channel in a cell.

    Parameters
    ----------
    tile
        (4, S, S) R G B Y.
    cell
        (S, S) mask with at least one pixel.
    area_px
        Area of the cell in its field.

    Returns
    -------
    dict
        Of each channel: mean and standard deviation (0..1), integrated intensity (mean times area) and edge
        intensity, the mean of the cell's outermost pixels.
    """
    # A cell reaches the border of its tile, which is a border of the cell, too.
    edge = find_boundaries(np.pad(cell, 1), mode="inner", connectivity=2)[1:-1, 1:-1]
    inside, outermost = tile[:, cell] / 255, tile[:, edge] / 255
    measured = {}
    for channel, values, rim in zip(CHANNELS, inside, outermost, strict=True):
        mean = float(values.mean())
        measured[f"mean {channel}"] = mean
        measured[f"deviation {channel}"] = float(values.std())
        measured[f"integrated {channel}"] = mean * area_px
        measured[f"edge {channel}"] = float(rim.mean())
    return measured


def correlate_channels(tile: NDArray[np.uint8], cell: NDArray[np.bool_]) -> dict[str, float]:
    """Correlate each pair of channels over the pixels of a cell, by Pearson's coefficient.

    Parameters
    ----------
    tile
        (4, S, S) R G B Y.
    cell
        (S, S) mask.

    Returns
    -------
    dict
        NaN where a channel does not vary.
    """
    inside = tile[:, cell].astype(float)
    varies = np.ptp(inside, axis=1) > 0
    coefficients = np.full((len(CHANNELS), len(CHANNELS)), np.nan)
    if varies.any():
        coefficients[np.ix_(varies, varies)] = np.corrcoef(inside[varies])
    return {
        f"correlation {CHANNELS[first]} {CHANNELS[second]}": float(coefficients[first, second])
        for first, second in combinations(range(len(CHANNELS)), 2)
    }

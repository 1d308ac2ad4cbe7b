"""The shape of a cell and of its nucleus."""

import numpy as np
from numpy.typing import NDArray
from skimage.measure import regionprops


def measure_shape(cell: NDArray[np.bool_], nucleus: NDArray[np.bool_]) -> dict[str, float]:
    """Measure what of a shape does not depend on its size, by scikit-image's ``regionprops``.

    Parameters
    ----------
    cell, nucleus
        (S, S) masks.

    Returns
    -------
    dict
        Eccentricity of the ellipse with the same second moments (0: circle, near 1: line), solidity (share of
        the convex hull), extent (share of the box) and form factor (4 pi area / perimeter²: 1 for a circle)
        of the cell; eccentricity and solidity of the nucleus. NaN where a mask is empty.
    """
    whole, inner = _describe(cell), _describe(nucleus)
    return {
        "eccentricity": whole["eccentricity"],
        "solidity": whole["solidity"],
        "extent": whole["extent"],
        "form factor": whole["form factor"],
        "nucleus eccentricity": inner["eccentricity"],
        "nucleus solidity": inner["solidity"],
    }


def _describe(mask: NDArray[np.bool_]) -> dict[str, float]:
    if not mask.any():
        return dict.fromkeys(("eccentricity", "solidity", "extent", "form factor"), np.nan)
    region = regionprops(mask.astype(np.uint8))[0]
    perimeter = region.perimeter
    return {
        "eccentricity": float(region.eccentricity),
        "solidity": float(region.solidity),
        "extent": float(region.extent),
        "form factor": 4 * np.pi * float(region.area) / perimeter**2 if perimeter else np.nan,
    }

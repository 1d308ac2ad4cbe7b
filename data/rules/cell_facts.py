"""What the rules know of cells besides their probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FACT_COLUMNS = ("area_px", "nucleus_area_px", "border_fraction_inside", "mean_blue")
"""Columns of the cells table that the facts are made of, besides ``image_id``."""


@dataclass(frozen=True)
class CellFacts:
    """What is known of n cells.

    Attributes
    ----------
    image_ids
        (n,) image of each.
    areas
        (n,) area in units that are the same for all, such as um2.
    fraction_inside
        (n,) part of the cell inside the image, 0..1.
    nucleus_intensity
        (n,) mean grey value of the nucleus in its channel, 0..1; NaN where it is not known.
    """

    image_ids: NDArray[np.str_]
    areas: NDArray[np.float64]
    fraction_inside: NDArray[np.float64]
    nucleus_intensity: NDArray[np.float64]


def collect_facts(
    table: pd.DataFrame, pixel_sizes_um: Mapping[str, float], *, in_um: bool | None = None
) -> CellFacts:
    """Return the facts of the cells of a table.

    The nucleus's brightness is that of the cell's whole blue light on the area of the nucleus, since the
    table has the mean of the cell alone: a little too high where light lies beside the nucleus.

    Parameters
    ----------
    table
        (n rows) ``image_id`` and `FACT_COLUMNS`.
    pixel_sizes_um
        Image ID -> micrometres per pixel.
    in_um
        Whether areas are in um2, which takes the pixel sizes of all images; by default where these of the
        table are known. Those of a table's parts have to be in the same unit.
    """
    image_ids = table["image_id"].to_numpy(dtype=str)
    sizes = find_pixel_sizes(table["image_id"], pixel_sizes_um)
    areas = table["area_px"].to_numpy(np.float64)
    # Micrometres only where all are known: two units would make outliers.
    if np.isfinite(sizes).all() if in_um is None else in_um:
        areas = areas * sizes**2
    nucleus_areas = table["nucleus_area_px"].to_numpy(np.float64)
    light = table["mean_blue"].to_numpy(np.float64) * table["area_px"].to_numpy(np.float64)
    intensity = np.divide(light, nucleus_areas, out=np.full(len(light), np.nan), where=nucleus_areas > 0)
    inside = table["border_fraction_inside"].to_numpy(np.float64)
    return CellFacts(image_ids, areas, inside, np.minimum(intensity, 1))


def find_pixel_sizes(image_ids: pd.Series, pixel_sizes_um: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the micrometres per pixel of each cell's image, (n,); NaN where they are not known."""
    return np.array([pixel_sizes_um.get(image_id, np.nan) for image_id in image_ids.tolist()], np.float64)

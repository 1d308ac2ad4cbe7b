"""Cells that were outlined by hand, in the files of the HPA's annotated set (DOI 10.5281/zenodo.4665863)."""

import json
import logging
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data.errors import InputError

_CLEARLY_MORE = 1.2
"""Of the nuclear stain, before outlines are taken for those of an image that is the other way up."""

log = logging.getLogger("hpacells")

ANNOTATION = "annotation.json"
"""Name of the file of the outlines in each field's folder."""


def find_annotations(folder: Path) -> dict[str, Path]:
    """Return the annotations in a folder by the IDs that its fields may have.

    The ID of a field is the name of its folder, or, with the folders above it, the names joined by ``_``. A
    name that several folders have is left out.
    """
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob(ANNOTATION)):
        parts = path.parent.relative_to(folder).parts or (folder.resolve().name,)
        for start in range(len(parts)):
            found.setdefault("_".join(parts[start:]), []).append(path)
    return {name: paths[0] for name, paths in found.items() if len(paths) == 1}


def read_annotated_cells(path: Path, nuclei_stain: NDArray[np.integer]) -> NDArray[np.uint16]:
    """Read the cells of an annotation as a label image.

    In the published set y goes up from the lower edge of the image; kaibu-utils, its tool, writes it down
    from the upper edge today, and the files do not say. So the nuclei decide: if the cells hold clearly more
    of their stain with y down, that is taken, with a warning.

    Parameters
    ----------
    path
        GeoJSON. Outlines with another ``label`` than cell are passed over.
    nuclei_stain
        (H, W) the field's nuclear stain.

    Raises
    ------
    InputError
        It is no such file.
    """
    outlines = _read_outlines(path)
    up, down = (_draw_cells(outlines, nuclei_stain.shape, y_is_up=y_is_up) for y_is_up in (True, False))
    stained_up, stained_down = (float(nuclei_stain[cells > 0].sum()) for cells in (up, down))
    if stained_down <= _CLEARLY_MORE * stained_up:
        return up
    log.warning("%s: the outlines fit the nuclei with y going down, so that is how they are read", path)
    return down


def _read_outlines(path: Path) -> list[NDArray[np.float64]]:
    """Read the outlines of the cells, (k, 2) x and y each."""
    try:
        features = json.loads(path.read_text())["features"]
        cells = [f for f in features if str(f["properties"].get("label", "cell")).startswith("cell")]
        rings = [
            ring for feature in cells for polygon in _polygons(feature["geometry"]) for ring in polygon[:1]
        ]
        return [np.array(ring, dtype=np.float64).reshape(-1, 2) for ring in rings if len(ring) >= 3]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            found=f"not understood ({type(error).__name__}: {error})",
            where=path,
            expected="a GeoJSON collection of polygons with the property label = cell",
        ) from None


def _polygons(geometry: dict[str, list]) -> list:
    return [geometry["coordinates"]] if str(geometry["type"]) == "Polygon" else geometry["coordinates"]


def _draw_cells(
    outlines: list[NDArray[np.float64]], shape: tuple[int, ...], *, y_is_up: bool
) -> NDArray[np.uint16]:
    cells = np.zeros(shape, np.uint16)
    for number, outline in enumerate(outlines, start=1):
        y = shape[0] - outline[:, 1] if y_is_up else outline[:, 1]
        points = np.rint(np.column_stack([outline[:, 0], y])).astype(np.int32)
        cv2.fillPoly(cells, [points], number)
    return cells

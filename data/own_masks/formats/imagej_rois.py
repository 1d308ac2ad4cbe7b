"""Outlines in ImageJ's files: ``.roi``, and the zip archives of the ROI manager."""

from pathlib import Path
from typing import Any

import numpy as np
import roifile

from data.errors import InputError
from data.own_masks.outlines import Shape

_EXPECTED = "regions with an area, as ImageJ's ROI manager saves them"
_AREAS = (
    roifile.ROI_TYPE.POLYGON,
    roifile.ROI_TYPE.FREEHAND,
    roifile.ROI_TYPE.TRACED,
    roifile.ROI_TYPE.RECT,
    roifile.ROI_TYPE.OVAL,
)


def read_rois(path: Path) -> list[Shape]:
    """Read the regions of a ``.roi`` file or of a zip archive of them.

    Raises
    ------
    InputError
        It is damaged, or has a line, points or another region without an area.
    """
    try:
        read: Any = roifile.roiread(path)
        rois = read if isinstance(read, list) else [read]
        shapes = [_shape(roi, number, path) for number, roi in enumerate(rois, start=1)]
    except InputError:
        raise
    except Exception as error:
        # The library reads an undocumented format; whatever it raises, the file is at fault.
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise InputError(found=f"unreadable ({reason})", where=path, expected=_EXPECTED) from None
    if not shapes:
        raise InputError(found="no region", where=path, expected=_EXPECTED)
    return shapes


def _shape(roi: Any, number: int, path: Path) -> Shape:
    name = f"region {roi.name or number}"
    if roi.roitype not in _AREAS and not roi.composite:
        raise InputError(found=f"{name} is of type {roi.roitype.name}", where=path, expected=_EXPECTED)
    rings = [np.asarray(ring, np.float64) for ring in roi.coordinates(multi=True)]
    areas = [ring for ring in rings if len(ring) > 2]
    if not areas:
        raise InputError(found=f"{name} has no area", where=path, expected=_EXPECTED)
    return Shape(areas, name)

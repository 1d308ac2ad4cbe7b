"""The metadata of SpatialData's container 0.2: elements with their coordinate systems, and tables.

In its coordinate systems the corner of the first pixel is 0, 0; levels are stretched over the whole element.
"""

import math
from collections.abc import Sequence
from typing import Any

from data.export.ngff.pyramid import offset_of, scale_of

GLOBAL = "global"
"""Coordinate system in px."""

MICROMETRES = "micrometres"
"""Coordinate system in um."""

REGION, INSTANCE = "region", "instance_id"
"""Columns of a table: name of the label image, and number in it."""

_OME_VERSION = "0.5-dev-spatialdata"
_UNIT = "unit"


def describe_container(software: str) -> dict[str, Any]:
    """Return the attributes of a container; ``software`` wrote it."""
    return {"spatialdata_attrs": {"version": "0.2", "spatialdata_software_version": software}}


def describe_element(
    name: str, axes: str, levels: int, pixel_size_um: float, channels: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the attributes of an image (axes ``"cyx"``) or label image (``"yx"``).

    Parameters
    ----------
    name
        Its name.
    axes
        Names of its axes.
    levels
        How many arrays there are.
    pixel_size_um
        NaN where it is not known: the element has then no coordinate system in um.
    channels
        Names of the channels of an image.
    """
    datasets = [
        {
            "path": path,
            "coordinateTransformations": [
                {"type": "scale", "scale": _of_space(axes, 1.0, float(scale_of(level)))},
                {"type": "translation", "translation": _of_space(axes, 0.0, offset_of(level))},
            ],
        }
        for level, path in enumerate(name_levels(levels))
    ]
    systems: list[dict[str, Any]] = [
        {"type": "identity", "input": _describe_axes(axes, axes), "output": _describe_axes(GLOBAL, axes)}
    ]
    if math.isfinite(pixel_size_um):
        systems.append(
            {
                "type": "scale",
                "scale": _of_space(axes, 1.0, pixel_size_um),
                "input": _describe_axes(axes, axes),
                "output": _describe_axes(MICROMETRES, axes, "micrometer"),
            }
        )
    multiscale = {
        "name": name,
        "axes": [{"name": axis, "type": _kind(axis)} for axis in axes],
        "datasets": datasets,
        "coordinateTransformations": systems,
    }
    ome: dict[str, Any] = {"version": _OME_VERSION, "multiscales": [multiscale]}
    if channels:
        ome["omero"] = {"channels": [{"label": channel} for channel in channels]}
    return {"ome": ome, "spatialdata_attrs": {"version": "0.3"}}


def name_levels(levels: int) -> list[str]:
    """Return the names of the arrays of an element."""
    return [f"s{level}" for level in range(levels)]


def describe_table(regions: Sequence[str]) -> dict[str, Any]:
    """Return the attributes of a table of the labels of some label images, besides AnnData's."""
    return {
        "spatialdata-encoding-type": "ngff:regions_table",
        "region": list(regions),
        "region_key": REGION,
        "instance_key": INSTANCE,
        "version": "0.2",
    }


def _describe_axes(system: str, axes: str, unit: str = _UNIT) -> dict[str, Any]:
    described = []
    for axis in axes:
        space = {} if axis == "c" else {"unit": unit}
        described.append({"name": axis, "type": _kind(axis)} | space)
    return {"name": system, "axes": described}


def _kind(axis: str) -> str:
    return "channel" if axis == "c" else "space"


def _of_space(axes: str, channel: float, space: float) -> list[float]:
    return [channel if axis == "c" else space for axis in axes]

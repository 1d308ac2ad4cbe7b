"""Cells in the GeoJSON of QuPath 0.6 and 0.7.

Beyond GeoJSON, QuPath reads the nucleus from ``nucleusGeometry``, and from the properties what an object is
(``objectType``), its class with a colour, its measurements, and texts about it (``metadata``). A single
polygon that touches itself stops its import of all the others.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.export.fields.outlines import Outline, trace_outline

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/hpacells")


@dataclass(frozen=True)
class OutlinedCell:
    """A cell of a field with what is known of it.

    Attributes
    ----------
    image_id, number
        The field's ID and the cell's number in it.
    cell, nucleus
        Their outlines; None for the nucleus of a cell that has none.
    class_name, colour
        The likeliest class, and its colour [r, g, b]; empty for a cell that was not predicted.
    measurements
        Numbers by name; those that are not finite are not written.
    metadata
        Texts by name; empty ones are not written.
    """

    image_id: str
    number: int
    cell: Outline
    nucleus: Outline | None
    class_name: str = ""
    colour: Sequence[int] = (255, 255, 255)
    measurements: Mapping[str, float] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


def outline_cell(
    mask: NDArray[np.bool_], nucleus: NDArray[np.bool_], x: int, y: int
) -> tuple[Outline, Outline | None] | None:
    """Trace the outlines of a cell and of its nucleus.

    Parameters
    ----------
    mask, nucleus
        (H, W) bool; of the nucleus only what lies in the outlined part of the cell is taken.
    x, y
        Where in the image their first pixel lies.

    Returns
    -------
    tuple or None
        The outlines, None for a nucleus without pixels; None for a cell without pixels.
    """
    cell = trace_outline(mask, x, y)
    return None if cell is None else (cell, trace_outline(nucleus & cell.mask, x, y))


def identify_cell(image_id: str, number: int) -> uuid.UUID:
    """Return the UUID of a cell, the same in every export."""
    return uuid.uuid5(_NAMESPACE, f"{image_id}/{number}")


def format_cells(cells: Iterable[OutlinedCell]) -> str:
    """Return a ``FeatureCollection`` as text, with one line per cell."""
    # Numbers are checked, as NaN is no JSON.
    lines = [json.dumps(_describe(cell), separators=(",", ":"), allow_nan=False) for cell in cells]
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"


def _describe(cell: OutlinedCell) -> dict[str, Any]:
    feature: dict[str, Any] = {
        "type": "Feature",
        "id": str(identify_cell(cell.image_id, cell.number)),
        "geometry": _describe_outline(cell.cell),
    }
    if cell.nucleus is not None:
        feature["nucleusGeometry"] = _describe_outline(cell.nucleus)
    properties: dict[str, Any] = {
        "objectType": "cell",
        "name": f"{cell.image_id}_{cell.number}",
        "isLocked": False,
    }
    if cell.class_name:
        properties["classification"] = {"name": cell.class_name, "color": list(cell.colour)}
    properties["measurements"] = {
        name: value for name, value in cell.measurements.items() if np.isfinite(value)
    }
    metadata = {name: text for name, text in cell.metadata.items() if text}
    if metadata:
        properties["metadata"] = metadata
    return feature | {"properties": properties}


def _describe_outline(outline: Outline) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring.tolist() for ring in outline.rings]}

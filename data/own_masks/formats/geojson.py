"""Outlines in GeoJSON, as QuPath exports them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import InputError
from data.own_masks.outlines import Shape

_EXPECTED = "a GeoJSON file of polygons, in px of the image"


def read_geojson(path: Path) -> dict[str, list[Shape]]:
    """Read the outlines of the cells and of their nuclei, where QuPath has any.

    Where a file has objects that QuPath calls cells, those are taken, else everything with an area.

    Returns
    -------
    dict
        ``cells`` (or ``""`` where nothing says that they are), and ``nuclei`` where there are any.

    Raises
    ------
    InputError
        It is no GeoJSON, or has no polygon.
    """
    try:
        features = _list_features(json.loads(path.read_text(encoding="utf-8")))
        cells = [feature for feature in features if _kind(feature) == "cell"]
        taken = cells or features
        shapes = [_shape(feature["geometry"], feature, number) for number, feature in enumerate(taken, 1)]
        nuclei = [
            _shape(feature["nucleusGeometry"], feature, number)
            for number, feature in enumerate(taken, 1)
            if feature.get("nucleusGeometry")
        ]
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            found=f"not understood ({type(error).__name__}: {error})", where=path, expected=_EXPECTED
        ) from None
    areas = [shape for shape in shapes if shape is not None]
    if not areas:
        raise InputError(found=f"{len(features)} objects, none with an area", where=path, expected=_EXPECTED)
    found = {"cells" if cells else "": areas, "nuclei": [shape for shape in nuclei if shape is not None]}
    return {what: shapes for what, shapes in found.items() if shapes}


def _list_features(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, list):
        return [feature for part in content for feature in _list_features(part)]
    if content["type"] == "FeatureCollection":
        return list(content["features"])
    if content["type"] == "Feature":
        return [content]
    return [{"type": "Feature", "geometry": content, "properties": {}}]


def _kind(feature: dict[str, Any]) -> str:
    properties = feature.get("properties") or {}
    return str(properties.get("objectType", properties.get("object_type", ""))).lower()


def _shape(geometry: dict[str, Any] | None, feature: dict[str, Any], number: int) -> Shape | None:
    rings = [np.array(ring, np.float64)[:, :2] for ring in _rings(geometry or {"type": ""}) if len(ring) > 2]
    name = str((feature.get("properties") or {}).get("name") or f"object {number}")
    return Shape(rings, name) if rings else None


def _rings(geometry: dict[str, Any]) -> Iterator[list[Any]]:
    if geometry["type"] == "Polygon":
        yield from geometry["coordinates"]
    elif geometry["type"] == "MultiPolygon":
        for polygon in geometry["coordinates"]:
            yield from polygon
    elif geometry["type"] == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _rings(part)

import json
from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.own_masks.formats.geojson import read_geojson
from data.own_masks.outlines import draw_shapes

RING = [[5, 5], [20, 5], [20, 25], [5, 25], [5, 5]]
OTHER = [[30, 5], [50, 5], [50, 25], [30, 25], [30, 5]]
INNER = [[8, 8], [12, 8], [12, 12], [8, 12], [8, 8]]


def feature(ring: list, kind: str = "cell", **more: object) -> dict[str, object]:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": {"objectType": kind}, **more}


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_cells_of_qupath_with_nuclei(tmp_path: Path) -> None:
    nucleus = {"type": "Polygon", "coordinates": [INNER]}
    features = [
        feature(RING, nucleusGeometry=nucleus),
        feature(OTHER),
        feature([[0, 0], [9, 0], [9, 9]], "annotation"),
    ]
    path = write(tmp_path / "a.geojson", {"type": "FeatureCollection", "features": features})
    found = read_geojson(path)
    assert {what: len(shapes) for what, shapes in found.items()} == {"cells": 2, "nuclei": 1}
    drawn = draw_shapes(found["cells"], (40, 60), path)
    assert np.bincount(drawn.ravel())[1:].tolist() == [300, 400]


@pytest.mark.parametrize(
    "content",
    [
        [feature(RING, "annotation")],
        feature(RING, "detection"),
        {"type": "Polygon", "coordinates": [RING]},
        {"type": "MultiPolygon", "coordinates": [[RING]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [RING]}]},
    ],
)
def test_other_ways_to_write_it(tmp_path: Path, content: object) -> None:
    (shapes,) = read_geojson(write(tmp_path / "a.json", content)).values()
    np.testing.assert_array_equal(shapes[0].rings[0], RING)


@pytest.mark.parametrize(
    "content", [{}, 3, {"type": "FeatureCollection"}, {"type": "FeatureCollection", "features": [1]}, "x"]
)
def test_what_is_no_geojson(tmp_path: Path, content: object) -> None:
    with pytest.raises(InputError, match="not understood"):
        read_geojson(write(tmp_path / "a.json", content))


def test_no_area(tmp_path: Path) -> None:
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {}}
    with pytest.raises(InputError, match="1 objects, none with an area"):
        read_geojson(write(tmp_path / "a.json", [point]))

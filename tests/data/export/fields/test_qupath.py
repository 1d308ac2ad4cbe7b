import json
import uuid

import numpy as np

from data.export.fields.outlines import trace_outline
from data.export.fields.qupath import OutlinedCell, format_cells, identify_cell, outline_cell


def test_features_have_what_qupath_reads() -> None:
    outline = trace_outline(np.ones((2, 3), bool), 10, 20)
    assert outline is not None
    predicted = OutlinedCell(
        'a "b".c',
        7,
        outline,
        outline,
        class_name="Nucleoplasm",
        colour=(1, 2, 3),
        measurements={"Nucleoplasm": 0.25, "mean_red": np.nan},
        metadata={"called_classes": "Nucleoplasm", "drop_reason": ""},
    )
    collection = json.loads(format_cells([predicted, OutlinedCell('a "b".c', 8, outline, None)]))
    assert collection["type"] == "FeatureCollection"
    first, second = collection["features"]
    assert first["type"] == "Feature"
    assert uuid.UUID(first["id"]) == identify_cell('a "b".c', 7) != uuid.UUID(second["id"])
    assert first["geometry"] == first["nucleusGeometry"]
    assert first["geometry"]["type"] == "Polygon"
    ring = first["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    assert first["properties"] == {
        "objectType": "cell",
        "name": 'a "b".c_7',
        "isLocked": False,
        "classification": {"name": "Nucleoplasm", "color": [1, 2, 3]},
        "measurements": {"Nucleoplasm": 0.25},
        "metadata": {"called_classes": "Nucleoplasm"},
    }
    assert "nucleusGeometry" not in second
    assert "classification" not in second["properties"]


def test_no_cells() -> None:
    assert json.loads(format_cells([])) == {"type": "FeatureCollection", "features": []}


def test_a_nucleus_is_taken_inside_of_its_cell() -> None:
    mask, nucleus = np.zeros((2, 9, 9), bool)
    mask[1:5, 1:5] = mask[7, 7] = True
    nucleus[3:9, 3:9] = True
    outlines = outline_cell(mask, nucleus, 0, 0)
    assert outlines is not None
    assert outlines[1] is not None
    assert np.count_nonzero(outlines[1].mask) == 4
    without = outline_cell(mask, ~mask, 0, 0)
    assert without is not None
    assert without[1] is None
    assert outline_cell(np.zeros((3, 3), bool), np.ones((3, 3), bool), 0, 0) is None

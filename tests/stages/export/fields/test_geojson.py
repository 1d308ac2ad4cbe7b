"""Fields of unusual make as GeoJSON, read back with shapely and drawn again by skimage."""

import json
import logging
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from skimage.draw import polygon2mask

from data.own_masks.formats.geojson import read_geojson
from data.own_masks.outlines import draw_shapes
from stages.export.fields.geojson import name_measurements, write_geojson
from stages.export.settings import ExportSettings
from tests.factories.context import QuietContext
from tests.factories.exports.unusual_fields import CROWD, EMPTY, NAMES, ODD, PLAIN, UnusualFields

EVERYTHING = ExportSettings(format="geojson", unpredicted=True)


def read(path: Path) -> list[dict]:
    collection = json.loads(path.read_text(encoding="utf-8"))
    assert collection["type"] == "FeatureCollection"
    return collection["features"]


def draw(geometry: dict, shape: tuple[int, int]) -> np.ndarray:
    """Draw a polygon as pixels whose centres it has, by the rules of another library."""
    mask = np.zeros(shape, bool)
    for ring in geometry["coordinates"]:
        mask ^= polygon2mask(shape, np.array(ring)[:, ::-1] - 0.5)
    return mask


def test_outlines_are_valid_and_drawn_again_they_are_the_masks(tmp_path: Path) -> None:
    shapely = pytest.importorskip("shapely")
    made = UnusualFields(tmp_path)
    report = write_geojson(made.write(), tmp_path / "out", EVERYTHING, QuietContext())
    assert report.counts["fields"] == 4
    assert report.counts["cells"] == 6 + 300 + 0 + 2
    assert not report.failures
    for name, (nuclei, cells) in made.labels.items():
        features = read(tmp_path / f"out/{name}.geojson")
        numbers = [int(feature["properties"]["metadata"]["cell_id"]) for feature in features]
        assert numbers == list(range(1, cells.max() + 1))
        for number, feature in zip(numbers, features, strict=True):
            for geometry in filter(None, (feature["geometry"], feature.get("nucleusGeometry"))):
                polygon = shapely.geometry.shape(geometry)
                assert polygon.geom_type == "Polygon"
                assert polygon.is_valid
                assert shapely.box(0, 0, *cells.shape[::-1]).covers(polygon)
            expected = cells == number
            if (name, number) == (ODD, 1):
                expected[30:] = False
                assert "nucleusGeometry" not in feature
            np.testing.assert_array_equal(draw(feature["geometry"], cells.shape), expected)
            nucleus = (nuclei == number) & expected
            assert ("nucleusGeometry" in feature) == nucleus.any()
            if nucleus.any():
                np.testing.assert_array_equal(draw(feature["nucleusGeometry"], cells.shape), nucleus)
    hole = read(tmp_path / f"out/{ODD}.geojson")[1]["geometry"]["coordinates"]
    assert len(hole) == 2


def test_a_cell_of_two_parts_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hpacells")
    report = write_geojson(UnusualFields(tmp_path).write(), tmp_path, EVERYTHING, QuietContext())
    assert report.counts["cells of several parts"] == 1
    assert f"1 cells are of several parts, such as cell 1 of {ODD}" in caplog.text


def test_classes_and_measurements(tmp_path: Path) -> None:
    made = UnusualFields(tmp_path)
    write_geojson(made.write(), tmp_path, EVERYTHING, QuietContext())
    rows = {
        (row.image_id, row.cell_id): made.probabilities[np.flatnonzero(made.order == row.Index)]
        for row in made.table.itertuples()
    }
    colours = {}
    for name in made.labels:
        for feature in read(tmp_path / f"{name}.geojson"):
            properties = feature["properties"]
            number = int(properties["metadata"]["cell_id"])
            cell = made.table[(made.table["image_id"] == name) & (made.table["cell_id"] == number)].iloc[0]
            assert uuid.UUID(feature["id"]).version == 5
            assert properties["objectType"] == "cell"
            assert properties["name"] == f"{name}_{number}"
            measured = properties["measurements"]
            assert measured["area_px"] == cell["area_px"]
            assert measured["border_fraction_inside"] == pytest.approx(cell["border_fraction_inside"])
            assert ("area_um2" in measured) == (name != PLAIN)
            assert "mean_red" not in measured
            probabilities = rows[name, number]
            if not len(probabilities):
                assert "classification" not in properties
                assert properties["metadata"]["drop_reason"] == "too small"
                assert not set(NAMES) & set(measured)
                continue
            found = [measured[name] for name in NAMES]
            np.testing.assert_allclose(found, probabilities[0], rtol=1e-6)
            likeliest = NAMES[int(probabilities[0].argmax())]
            assert properties["classification"]["name"] == likeliest
            called = "|".join(NAMES[number] for number in np.flatnonzero(probabilities[0] >= 0.5))
            assert properties["metadata"]["called_classes"] == (called or "none called")
            colour = tuple(properties["classification"]["color"])
            assert colours.setdefault(likeliest, colour) == colour
    assert len(set(colours.values())) == len(colours) == len(NAMES)
    measured = read(tmp_path / f"{ODD}.geojson")[0]["properties"]["measurements"]
    assert measured["area_um2"] == pytest.approx(436 * 0.01)


def test_labels_and_genes_of_the_image_are_metadata(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(f"ID,Label,Gene\n{ODD},Mitochondria|Golgi apparatus,ABC1\n{PLAIN},0,\n")
    inputs = replace(UnusualFields(tmp_path).write(), labels_path=labels)
    write_geojson(inputs, tmp_path, EVERYTHING, QuietContext())
    metadata = read(tmp_path / f"{ODD}.geojson")[0]["properties"]["metadata"]
    assert metadata["gene"] == "ABC1"
    assert sorted(metadata["image_labels"].split("|")) == ["Golgi apparatus", "Mitochondria"]
    metadata = read(tmp_path / f"{PLAIN}.geojson")[0]["properties"]["metadata"]
    assert metadata["image_labels"] == "Nucleoplasm"
    assert "gene" not in metadata


def test_cells_without_a_prediction_are_left_out_by_default(tmp_path: Path) -> None:
    inputs = UnusualFields(tmp_path).write()
    report = write_geojson(inputs, tmp_path, ExportSettings(format="geojson"), QuietContext())
    assert (report.counts["cells"], report.counts["left out"]) == (306, 2)
    assert len(read(tmp_path / f"{ODD}.geojson")) == 5
    assert read(tmp_path / f"{EMPTY}.geojson") == []


def test_ids_are_the_same_again_and_each_once(tmp_path: Path) -> None:
    inputs = UnusualFields(tmp_path).write()
    texts = []
    for _ in range(2):
        write_geojson(inputs, tmp_path, EVERYTHING, QuietContext())
        texts.append([path.read_text() for path in sorted(tmp_path.glob("*.geojson"))])
    assert texts[0] == texts[1]
    ids = [f["id"] for path in tmp_path.glob("*.geojson") for f in json.loads(path.read_text())["features"]]
    assert len(set(ids)) == len(ids) == 308


def test_a_field_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    made = UnusualFields(tmp_path)
    inputs = made.write()
    write_geojson(inputs, tmp_path, EVERYTHING, QuietContext())
    assert inputs.masks_dir is not None
    (inputs.masks_dir / f"{CROWD}_cells.png").write_bytes(b"no picture")
    (inputs.masks_dir / f"{PLAIN}_cells.png").write_bytes(
        (inputs.masks_dir / f"{PLAIN}_nuclei.png").read_bytes()
    )
    report = write_geojson(inputs, tmp_path, EVERYTHING, QuietContext())
    assert {failure.where for failure in report.failures} == {CROWD, PLAIN}
    assert "does not show cell 2" in next(each.why for each in report.failures if each.where == PLAIN)
    assert sorted(path.name for path in tmp_path.glob("*.geojson")) == [
        f"{EMPTY}.geojson",
        f"{ODD}.geojson",
    ]


def test_our_own_reader_of_masks_takes_them(tmp_path: Path) -> None:
    made = UnusualFields(tmp_path)
    write_geojson(made.write(), tmp_path, EVERYTHING, QuietContext())
    shapes = read_geojson(tmp_path / f"{CROWD}.geojson")
    assert set(shapes) == {"cells", "nuclei"}
    nuclei, cells = made.labels[CROWD]
    np.testing.assert_array_equal(draw_shapes(shapes["cells"], cells.shape, "here"), cells)
    np.testing.assert_array_equal(draw_shapes(shapes["nuclei"], cells.shape, "here"), nuclei)


def test_a_class_that_is_called_like_a_measurement() -> None:
    assert name_measurements(["Golgi", "area_px"], ["area_px"]) == ["Golgi", "probability of area_px"]

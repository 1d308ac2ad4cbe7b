import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from data.errors import InputError
from data.export.ngff.pyramid import average_plane, pick_labels
from data.export.whole_store import is_whole
from data.fields.image_folder import find_fields
from stages.export.paths import ExportInputs, ExportOutputs
from stages.export.run import run
from stages.export.settings import ExportSettings
from stages.stage import StageReport
from tests.factories.context import QuietContext
from tests.factories.exports.unusual_fields import CROWD, EMPTY, NAMES, ODD, PLAIN, UnusualFields


def export(inputs: ExportInputs, folder: Path) -> StageReport:
    return run(inputs, ExportOutputs(folder), ExportSettings(format="ome-zarr"), QuietContext())


@pytest.fixture
def made(tmp_path: Path) -> UnusualFields:
    return UnusualFields(tmp_path, dtype=np.uint16)


def ome(path: Path) -> dict[str, Any]:
    return json.loads((path / "zarr.json").read_text())["attributes"]["ome"]


def test_every_level_of_every_field(made: UnusualFields, tmp_path: Path) -> None:
    report = export(made.write(), tmp_path / "out")
    assert report.counts == {"fields": 4, "cells": len(made.table), "failed": 0}
    for name, (nuclei, cells) in made.labels.items():
        store = tmp_path / "out" / f"{name}.ome.zarr"
        levels = [dataset["path"] for dataset in ome(store)["multiscales"][0]["datasets"]]
        assert len(levels) == (3 if name == CROWD else 2)
        planes = [list(average_plane(plane, len(levels))) for plane in made.image(name)]
        for number, level in enumerate(levels):
            array = zarr.open_array(store / level, mode="r")
            assert array.metadata.dimension_names == ("c", "y", "x")
            np.testing.assert_array_equal(array[:], np.stack([plane[number] for plane in planes]))
        assert ome(store / "labels") == {"version": "0.5", "labels": ["cells", "nuclei"]}
        for kind, labels in (("cells", cells), ("nuclei", nuclei)):
            described = ome(store / "labels" / kind)
            multiscale, of_image = described["multiscales"][0], ome(store)["multiscales"][0]
            assert [d["path"] for d in multiscale["datasets"]] == levels
            for ours, images in zip(multiscale["datasets"], of_image["datasets"], strict=True):
                for of_label, of_field in zip(
                    *(d["coordinateTransformations"] for d in (ours, images)), strict=True
                ):
                    kind_of = of_label["type"]
                    assert of_label[kind_of] == of_field[kind_of][1:]
            for number, level in enumerate(levels):
                array = zarr.open_array(store / "labels" / kind / level, mode="r")
                assert array.dtype == np.uint16
                np.testing.assert_array_equal(array[:], pick_labels(labels, number))
            numbers = list(range(1, int(cells.max()) + 1))
            for part in ("colors", "properties"):
                found = described["image-label"].get(part, [])
                assert [entry["label-value"] for entry in found] == numbers
            assert described["image-label"]["source"] == {"image": "../../"}


def test_what_is_known_of_cells(made: UnusualFields, tmp_path: Path) -> None:
    export(made.write(), tmp_path / "out")
    described = ome(tmp_path / f"out/{ODD}.ome.zarr/labels/cells")["image-label"]
    cells = {entry["label-value"]: entry for entry in described["properties"]}
    row = next(place for place, row in enumerate(made.order) if row == 1)
    assert cells[2]["class"] == NAMES[int(made.probabilities[row].argmax())]
    assert cells[2]["probability"] == pytest.approx(made.probabilities[row].max())
    assert cells[2][NAMES[0]] == pytest.approx(made.probabilities[row, 0])
    assert (cells[2]["area_px"], cells[2]["dropped"]) == (702, False)
    assert cells[2]["area_um2"] == pytest.approx(7.02)
    # Not predicted: nothing is made up.
    assert (cells[3]["dropped"], cells[3]["drop_reason"]) == (True, "too small")
    assert "class" not in cells[3]
    assert NAMES[0] not in cells[3]
    colours = {entry["label-value"]: entry["rgba"] for entry in described["colors"]}
    assert colours[3] == [160, 160, 160, 255] != colours[2]


def test_micrometres_or_px(made: UnusualFields, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    export(made.write(), tmp_path / "out")
    known = ome(tmp_path / f"out/{ODD}.ome.zarr")["multiscales"][0]
    assert known["axes"][2] == {"name": "x", "type": "space", "unit": "micrometer"}
    assert known["datasets"][1]["coordinateTransformations"] == [
        {"type": "scale", "scale": [1, 0.2, 0.2]},
        {"type": "translation", "translation": [0, 0.05, 0.05]},
    ]
    unknown = ome(tmp_path / f"out/{PLAIN}.ome.zarr")["multiscales"][0]
    assert unknown["axes"][2] == {"name": "x", "type": "space"}
    assert "the pixel size of 1 fields, such as NA, is not known: their lengths are px" in caplog.text


def test_hpacells_reads_them_as_the_same_fields(made: UnusualFields, tmp_path: Path) -> None:
    export(made.write(), tmp_path / "out")
    fields = {field.image_id: field for field in find_fields(tmp_path / "out")}
    for name in (ODD, CROWD, EMPTY):
        # The ending .ome belongs to the format.
        found = fields[name]
        np.testing.assert_array_equal(found.read(), made.image(name))


def test_a_bad_field_does_not_stop_the_others(made: UnusualFields, tmp_path: Path) -> None:
    inputs = made.write()
    out = tmp_path / "out"
    export(inputs, out)
    (made.images / f"{CROWD}_green.png").write_bytes(b"no picture")
    (tmp_path / f"work/masks/{ODD}_cells.png").unlink()
    report = export(inputs, out)
    assert report.counts == {"fields": 2, "cells": 2, "failed": 2}
    assert {failure.where for failure in report.failures} == {CROWD, ODD}
    # Nothing of an earlier run passes for today's.
    assert sorted(path.name for path in out.iterdir()) == ["NA.ome.zarr", f"{EMPTY}.ome.zarr"]


def test_labels_of_other_cells_are_refused(made: UnusualFields, tmp_path: Path) -> None:
    made.table = made.table[~((made.table["image_id"] == PLAIN) & (made.table["cell_id"] == 2))]
    made.table = made.table.reset_index(drop=True)
    made.order = np.arange(len(made.probabilities) - 1)
    made.probabilities = made.probabilities[:-1]
    report = export(made.write(), tmp_path / "out")
    assert [failure.where for failure in report.failures] == [PLAIN]
    assert "2 cells in the label image, and 1 in the table" in report.failures[0].why


def test_a_killed_run_goes_on(made: UnusualFields, tmp_path: Path) -> None:
    inputs = replace(made.write(), key="key")
    export(inputs, tmp_path / "out")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.is_file()}
    changed = tmp_path / f"out/{ODD}.ome.zarr/labels/cells/0/c/0/0"
    changed.write_bytes(changed.read_bytes()[:-1] + b"?")
    report = export(inputs, tmp_path / "out")
    assert report.counts == {"fields": 4, "cells": len(made.table), "failed": 0}
    again = {path for path, time in times.items() if path.stat().st_mtime_ns != time}
    assert {path.relative_to(tmp_path / "out").parts[0] for path in again} == {f"{ODD}.ome.zarr"}
    assert is_whole(tmp_path / f"out/{ODD}.ome.zarr", f"key {ODD}")


def test_fewer_channels_are_told(
    made: UnusualFields, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made.fields[:2] = [
        replace(field, files={name: path for name, path in field.files.items() if name != "yellow"})
        for field in made.fields[:2]
    ]
    export(made.write(), tmp_path / "out")
    assert "2 fields without yellow, such as odd 1.b: their images have the other channels" in caplog.text
    labels = [channel["label"] for channel in ome(tmp_path / f"out/{ODD}.ome.zarr")["omero"]["channels"]]
    assert labels == ["microtubules", "protein", "nucleus"]


def test_not_among_the_images(made: UnusualFields) -> None:
    # They would be further fields.
    with pytest.raises(InputError, match="a folder inside that of the images"):
        export(made.write(), made.images / "zarr")

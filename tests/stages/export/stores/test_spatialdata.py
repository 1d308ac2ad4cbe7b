import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zarr

from stages.export.paths import ExportInputs, ExportOutputs
from stages.export.run import run
from stages.export.settings import ExportSettings
from stages.stage import StageReport
from tests.factories.context import QuietContext
from tests.factories.exports.unusual_fields import CROWD, EMPTY, NAMES, ODD, PLAIN, UnusualFields

SAFE = {ODD: "odd_1.b", CROWD: "crowd", EMPTY: "none.at_all", PLAIN: "NA"}


def export(inputs: ExportInputs, path: Path) -> StageReport:
    return run(inputs, ExportOutputs(path), ExportSettings(format="spatialdata"), QuietContext())


def attributes(path: Path) -> dict[str, Any]:
    return json.loads((path / "zarr.json").read_text())["attributes"]


@pytest.fixture
def made(tmp_path: Path) -> UnusualFields:
    return UnusualFields(tmp_path)


def read_table(path: Path) -> Any:
    anndata = pytest.importorskip("anndata")
    return anndata.read_zarr(path / "tables/cells")


def test_every_cell_of_every_field_has_a_row(made: UnusualFields, tmp_path: Path) -> None:
    report, path = export(made.write(), tmp_path / "all.zarr"), tmp_path / "all.zarr"
    assert report.counts == {"fields": 4, "cells": len(made.table), "failed": 0}
    assert report.details["renamed"] == {ODD: "odd_1.b", EMPTY: "none.at_all"}
    table = read_table(path)
    obs = table.obs
    assert obs["region"].tolist() == [f"{SAFE[name]}_cells" for name in made.table["image_id"]]
    # No label image without cells.
    assert set(obs["region"].cat.categories) == {"odd_1.b_cells", "crowd_cells", "NA_cells"}
    assert table.uns["spatialdata_attrs"]["region"].tolist() == list(obs["region"].cat.categories)
    assert obs["instance_id"].dtype == np.int64
    assert obs["instance_id"].tolist() == made.table["cell_id"].tolist()
    assert obs["image_id"].tolist() == made.table["image_id"].tolist()
    assert obs_names_of(made) == table.obs_names.tolist()
    assert obs["dropped"].tolist() == (made.table["dropped"] != "").tolist()
    expected = np.full((len(made.table), len(NAMES)), np.nan, np.float32)
    expected[made.order] = made.probabilities
    np.testing.assert_array_equal(table.X, expected)
    np.testing.assert_array_equal(table.obsm["probabilities"], expected)
    middle = (made.table[["x0", "y0"]].to_numpy() + made.table[["x1", "y1"]].to_numpy()) / 2
    np.testing.assert_array_equal(table.obsm["spatial"], middle)
    for column in ("image_id", "top_class", "drop_reason", "called_classes"):
        assert isinstance(obs[column].dtype, pd.CategoricalDtype)
    assert obs["top_class"].isna().tolist() == obs["dropped"].tolist()


def obs_names_of(made: UnusualFields) -> list[str]:
    return [f"{row.image_id}_{row.cell_id}" for row in made.table.itertuples()]


def test_elements_and_their_coordinate_systems(made: UnusualFields, tmp_path: Path) -> None:
    export(made.write(), tmp_path / "all.zarr")
    path = tmp_path / "all.zarr"
    assert attributes(path)["spatialdata_attrs"]["version"] == "0.2"
    for name, safe in SAFE.items():
        nuclei, cells = made.labels[name]
        image = zarr.open_array(path / f"images/{safe}_image/s0", mode="r")
        np.testing.assert_array_equal(image[:], made.image(name))
        for kind, labels in (("cells", cells), ("nuclei", nuclei)):
            array = zarr.open_array(path / f"labels/{safe}_{kind}/s0", mode="r")
            np.testing.assert_array_equal(array[:], labels)
        described = attributes(path / f"images/{safe}_image")["ome"]["multiscales"][0]
        systems = {entry["output"]["name"]: entry for entry in described["coordinateTransformations"]}
        assert systems["global"]["type"] == "identity"
        # That of one field is not known.
        assert ("micrometres" in systems) == (name != PLAIN)
    assert systems_of(path / "labels/odd_1.b_cells")["micrometres"]["scale"] == [0.1, 0.1]
    assert len(attributes(path / "labels")["ome"]["labels"]) == 8


def systems_of(path: Path) -> dict[str, Any]:
    described = attributes(path)["ome"]["multiscales"][0]
    return {entry["output"]["name"]: entry for entry in described["coordinateTransformations"]}


def test_a_field_that_fails_has_no_rows(made: UnusualFields, tmp_path: Path) -> None:
    inputs = made.write()
    (made.images / f"{CROWD}_green.png").write_bytes(b"no picture")
    report = export(inputs, tmp_path / "all.zarr")
    assert report.counts == {"fields": 3, "cells": 8, "failed": 1}
    assert set(read_table(tmp_path / "all.zarr").obs["region"]) == {"odd_1.b_cells", "NA_cells"}
    assert not list((tmp_path / "all.zarr").rglob("crowd*"))


def test_without_any_cell_there_is_no_table(made: UnusualFields, tmp_path: Path) -> None:
    made.labels[CROWD] = made.labels[ODD] = made.labels[PLAIN] = made.labels[EMPTY]
    made.table, made.order = made.table[:0], made.order[:0]
    made.probabilities = made.probabilities[:0]
    report = export(made.write(), tmp_path / "all.zarr")
    assert report.counts == {"fields": 4, "cells": 0, "failed": 0}
    assert not (tmp_path / "all.zarr/tables/cells").exists()


def test_a_killed_run_goes_on(made: UnusualFields, tmp_path: Path) -> None:
    inputs, path = replace(made.write(), key="key"), tmp_path / "all.zarr"
    partial = tmp_path / ".all.zarr.partial"
    # As if it was killed before the table was there.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stages.export.stores.spatialdata.write_table_of", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            export(inputs, path)
    assert not path.exists()
    times = {found.relative_to(partial): found.stat().st_mtime_ns for found in partial.rglob("s0/zarr.json")}
    assert len(times) == 12
    shutil.rmtree(partial / "labels/NA_cells")
    export(inputs, path)
    again = [name for name, time in times.items() if (path / name).stat().st_mtime_ns != time]
    assert again == [Path("labels/NA_cells/s0/zarr.json")]
    assert not partial.exists()
    assert not list(path.rglob(".export.json"))


def test_columns_of_a_label_file_have_safe_names(made: UnusualFields, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(f"ID,Label,Gene (HGNC)\n{ODD},0,TP53\n{CROWD},1,ACTB\n{EMPTY},1,ACTB\n{PLAIN},2,\n")
    export(replace(made.write(), labels_path=labels), tmp_path / "all.zarr")
    obs = read_table(tmp_path / "all.zarr").obs
    assert all(set(column) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.-") for column in obs.columns)


def test_embeddings_are_x(made: UnusualFields, tmp_path: Path) -> None:
    from data.predictions.predictions_table import write_predictions

    inputs = made.write()
    embedding = np.random.default_rng(0).normal(size=(len(made.order), 5)).astype(np.float32)
    chosen = made.table.iloc[made.order]
    write_predictions(
        inputs.predictions_path,
        chosen["image_id"].tolist(),
        chosen["cell_id"].to_numpy(),
        made.probabilities,
        embedding,
        class_names=NAMES,
    )
    export(inputs, tmp_path / "all.zarr")
    table = read_table(tmp_path / "all.zarr")
    np.testing.assert_array_equal(table.X[made.order], embedding)
    assert np.isnan(table.X).any(axis=1).tolist() == table.obs["dropped"].tolist()
    assert table.var_names.tolist() == [f"embedding_{number:04d}" for number in range(5)]

"""Tables of images and proteins: each number against a plain computation."""

import csv
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import write_cells
from data.errors import InputError
from data.fields.images_table import write_images
from data.labels.label_file import CLASS_NAMES
from data.predictions.predictions_table import write_predictions
from stages.export.paths import ExportInputs, ExportOutputs
from stages.export.run import run
from stages.export.settings import ExportSettings
from stages.stage import StageReport
from tests.factories.cells_table import make_cells_table
from tests.factories.context import QuietContext
from tests.factories.exported import Exported

NAMES = ("image_summary", "image_classes", "protein_summary", "protein_classes")


def export(inputs: ExportInputs, folder: Path, **settings: Any) -> StageReport:
    return run(inputs, ExportOutputs(folder), ExportSettings(format="tables", **settings), QuietContext())


def read(folder: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in NAMES}


def label(inputs: ExportInputs, *rows: str) -> ExportInputs:
    path = inputs.cells_path.with_name("labels.csv")
    path.write_text("\n".join(["ID,Label,Gene,Antibody", *rows, ""]))
    return dataclasses.replace(inputs, labels_path=path)


def test_numbers_of_images_against_a_plain_computation(tmp_path: Path) -> None:
    made = Exported(tmp_path)
    report = export(made.write(), tmp_path / "out")
    tables = read(tmp_path / "out")
    assert (report.counts["images"], report.counts["cells"]) == (3, 81)
    images = made.table["image_id"].to_numpy()[made.order]
    assert tables["image_summary"]["image_id"].tolist() == ["field_1", "NA", "=2+5"]
    assert tables["image_summary"]["cells"].tolist() == [30, 30, 30]
    for row in tables["image_classes"].itertuples():
        values = made.probabilities[images == row.image_id][:, row._2].astype(float)
        assert row.name == CLASS_NAMES[row._2]
        assert row.cells_used == len(values) == 27
        mean = values.mean()
        expected = (
            *(values.max(), mean, np.median(values), values.std(ddof=1)),
            *((values >= 0.5).sum(), values.var() / (mean * (1 - mean))),
        )
        found = (row.union, row.mean, row.median, row.sd, row.called, row.mixing)
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    summary = tables["image_summary"].iloc[0]
    ours = made.probabilities[images == "field_1"]
    assert summary["union_classes"] == "Nucleoplasm|Golgi apparatus"
    share = (ours >= 0.5).mean(axis=0)
    assert summary["majority_classes"] == "|".join(CLASS_NAMES[n] for n in np.flatnonzero(share >= 0.5))
    mean = ours.astype(float).mean(axis=0)
    expected = ours.astype(float).var(axis=0).sum() / (mean * (1 - mean)).sum()
    assert summary["variability"] == pytest.approx(expected, rel=1e-5)


def test_proteins_are_of_all_cells_of_their_images(tmp_path: Path) -> None:
    made = Exported(tmp_path)
    inputs = label(made.write(), "field_1,0,TP53,HPA1", "'=2+5,7,TP53,HPA2", "NA,0,,")
    export(inputs, tmp_path / "out")
    tables = read(tmp_path / "out")
    proteins = tables["protein_summary"]
    assert proteins["protein"].tolist() == ["TP53"]
    assert proteins["antibody"].tolist() == ["HPA1;HPA2"]
    assert proteins[["images", "images_with_cells", "cells_used"]].to_numpy().tolist() == [[2, 2, 54]]
    images = made.table["image_id"].to_numpy()[made.order]
    ours = made.probabilities[np.isin(images, ["field_1", "=2+5"])].astype(float)
    classes = tables["protein_classes"]
    np.testing.assert_allclose(classes["mean"], ours.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(classes["median"], np.median(ours, axis=0), rtol=1e-5)
    np.testing.assert_allclose(classes["union"], ours.max(axis=0), rtol=1e-5)
    assert tables["image_summary"]["gene"].tolist() == ["TP53", "", "TP53"]
    assert tables["image_summary"]["image_labels"].tolist() == [
        "Nucleoplasm",
        "Nucleoplasm",
        "Golgi apparatus",
    ]


def test_csv_has_the_same_and_escapes_formulas(tmp_path: Path) -> None:
    inputs = label(Exported(tmp_path).write(), "field_1,0,@SUM,HPA1", "'=2+5,7,B,")
    export(inputs, tmp_path / "out")
    for name, table in read(tmp_path / "out").items():
        with (tmp_path / "out" / f"{name}.csv").open(newline="") as file:
            header, *rows = csv.reader(file)
        assert header == list(table)
        assert len(rows) == len(table)
    with (tmp_path / "out/image_summary.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image_id"] for row in rows] == ["field_1", "NA", "'=2+5"]
    assert rows[0]["gene"] == "'@SUM"


def write_work(
    folder: Path,
    images: list[str],
    probabilities: np.ndarray,
    dropped: list[str],
    empty: tuple[str, ...] = (),
) -> ExportInputs:
    inputs = ExportInputs(folder / "cells.parquet", folder / "images.parquet", folder / "predictions.parquet")
    table = make_cells_table(images, dropped=dropped)
    write_cells(inputs.cells_path, table)
    names = [*dict.fromkeys(images), *empty]
    fields = pd.DataFrame({"image_id": names, "image_height": 9, "image_width": 9})
    fields["cells"] = [images.count(name) for name in names]
    write_images(inputs.images_table_path, fields)
    write_predictions(inputs.predictions_path, images, table["cell_id"].to_numpy(), probabilities)
    return inputs


def test_a_field_without_cells_and_dropped_cells(tmp_path: Path) -> None:
    probabilities = np.full((4, 19), 0.1)
    probabilities[:, 3] = [0.9, 0.7, 0.2, 0.8]
    images = ["a b.c", "a b.c", "a b.c", "all dropped"]
    inputs = write_work(tmp_path, images, probabilities, ["", "", "dark", "dark"], ("no cells",))
    export(label(inputs, "a b.c,0,A,", "no cells,0,B,", "all dropped,0,A,"), tmp_path / "out")
    tables = read(tmp_path / "out")
    summary = tables["image_summary"].set_index("image_id")
    assert summary["cells"].tolist() == [3, 1, 0]
    assert summary["cells_used"].tolist() == [2, 0, 0]
    assert summary["union_classes"].tolist() == ["Nucleoli fibrillar center", "", ""]
    assert summary["variability"].isna().tolist() == [False, True, True]
    classes = tables["image_classes"]
    third = classes[classes["class"] == 3].set_index("image_id")
    assert third.loc["a b.c", ["union", "mean", "median"]].tolist() == pytest.approx([0.9, 0.8, 0.8])
    assert (
        third.loc[["all dropped", "no cells"], ["union", "mean", "median", "sd", "mixing"]]
        .isna()
        .all(axis=None)
    )
    assert third["called"].tolist() == [2, 0, 0]
    proteins = tables["protein_summary"]
    assert proteins[["images", "images_with_cells", "cells_used"]].to_numpy().tolist() == [
        [2, 1, 2],
        [1, 0, 0],
    ]


def test_one_image_of_one_cell_has_no_test(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    inputs = write_work(tmp_path, ["x"], np.full((1, 19), 0.6), [""])
    report = export(inputs, tmp_path / "out")
    tables = read(tmp_path / "out")
    assert tables["image_classes"][["p_value", "q_value", "sd", "mixing"]].isna().all(axis=None)
    assert not tables["image_classes"]["differs"].any()
    assert np.isnan(tables["image_summary"]["variability"].item())
    assert (len(tables["protein_summary"]), len(tables["protein_classes"])) == (0, 0)
    assert "no protein is known" in caplog.text
    assert "19 were not tested" in caplog.text
    assert report.details["tests"] == 0
    assert (tmp_path / "out/protein_classes.csv").read_text().startswith("protein,class,name,cells_used")


def test_the_images_whose_cells_differ_are_found(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    images = np.repeat(np.arange(240), 20)
    logits = np.where(images[:, None] % 4 == np.arange(19) % 4, 2.0, -4.0) + random.normal(0, 0.7, (4800, 19))
    mixed = (images < 3) & (random.random(4800) < 0.4)
    logits[images < 3, 1] = np.where(mixed, 2.0, -4.0)[images < 3] + random.normal(0, 0.7, 60)
    names = [f"image {number}" for number in images]
    inputs = write_work(tmp_path, names, 1 / (1 + np.exp(-logits)), [""] * 4800)
    rows = [f"image {number},0,gene {number // 2}," for number in range(240)]
    report = export(label(inputs, *rows), tmp_path / "out")
    tables = read(tmp_path / "out")
    found = tables["image_summary"].set_index("image_id")["differing_classes"]
    assert found[found != ""].to_dict() == dict.fromkeys([f"image {n}" for n in range(3)], CLASS_NAMES[1])
    assert report.counts["images whose cells differ"] == 3
    proteins = tables["protein_classes"].query("differs")
    assert proteins["protein"].tolist() == ["gene 0", "gene 1"]
    assert proteins["images_that_differ"].tolist() == [2, 1]
    assert (tables["image_summary"]["variability"].idxmax()) in range(3)


def test_a_label_file_of_other_images_is_refused(tmp_path: Path) -> None:
    inputs = label(Exported(tmp_path).write(), "other,0,A,B")
    with pytest.raises(InputError, match="none of the 3 images has a label"):
        export(inputs, tmp_path / "out")
    assert not (tmp_path / "out").exists()

"""Embeddings by gene: each number against a plain computation, and cellmaps' own readers on them."""

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from data.labels.label_file import CLASS_NAMES
from stages.export.paths import ExportInputs, ExportOutputs
from stages.export.run import run
from stages.export.settings import ExportSettings
from stages.stage import StageReport
from tests.factories.context import QuietContext
from tests.factories.exported import Exported


def export(inputs: ExportInputs, folder: Path) -> StageReport:
    return run(inputs, ExportOutputs(folder), ExportSettings(format="cellmaps"), QuietContext())


def label(inputs: ExportInputs, text: str) -> ExportInputs:
    path = inputs.cells_path.with_name("labels.csv")
    path.write_text(text)
    return dataclasses.replace(inputs, labels_path=path)


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", keep_default_na=False)


LABELS = (
    "ID,Label,Gene,ensembl_ids,Antibody\nfield_1,0,TP53,ENSG2,HPA1\nNA,7,,,HPA9\n"
    '\'=2+5,7,"TP53,P63",ENSG1,HPA2\n'
)


def test_one_row_per_gene(tmp_path: Path) -> None:
    made = Exported(tmp_path)
    report = export(label(made.write(), LABELS), tmp_path / "out")
    assert report.counts == {"genes": 2, "cells": 81}
    images = made.table["image_id"].to_numpy()[made.order]
    names = {"HPA9": ["NA"], "TP53": ["field_1", "=2+5"]}
    assert made.embedding is not None
    for file, measure in (
        ("image_emd.tsv", lambda rows: rows.mean(axis=0)),
        ("image_emd_median.tsv", lambda rows: np.median(rows, axis=0)),
        ("image_emd_sd.tsv", lambda rows: rows.std(axis=0, ddof=1)),
    ):
        table = read(tmp_path / "out" / file)
        assert list(table) == ["id", *map(str, range(60))]
        assert table["id"].tolist() == list(names)
        for row, ours in enumerate(names.values()):
            expected = measure(made.embedding[np.isin(images, ours)].astype(float))
            np.testing.assert_allclose(table.iloc[row, 1:].astype(float), expected, rtol=1e-6)
    probabilities = read(tmp_path / "out/labels_prob.tsv")
    assert list(probabilities)[1:] == list(CLASS_NAMES)
    expected = made.probabilities[images == "NA"].astype(float).mean(axis=0)
    np.testing.assert_allclose(probabilities.iloc[0, 1:].astype(float), expected, rtol=1e-6)


def test_attributes_and_cells_of_genes(tmp_path: Path) -> None:
    export(label(Exported(tmp_path).write(), LABELS), tmp_path / "out")
    rows = read(tmp_path / "out/1_image_gene_node_attributes.tsv").to_dict("records")
    assert rows == [
        {
            **{"name": "HPA9", "represents": "", "ambiguous": "", "antibody": "HPA9", "filename": "NA_"},
            "imageurl": "no image url found",
        },
        {
            **{"name": "TP53", "represents": "ENSG1,ENSG2", "ambiguous": "P63,TP53"},
            **{"antibody": "HPA1,HPA2", "filename": "field_1_,=2+5_", "imageurl": "no image url found"},
        },
    ]
    cells = read(tmp_path / "out/image_gene_cells.tsv")
    assert cells.to_numpy().tolist() == [["HPA9", 1, 27], ["TP53", 2, 54]]


def test_images_without_a_gene_and_embeddings(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = Exported(tmp_path, width=0)
    export(label(made.write(), "ID,Label,Gene\nfield_1,0,A\nNA,7,\n"), tmp_path / "out")
    assert "the numbers are the probabilities" in caplog.text
    assert "the gene of 2 images is not known" in caplog.text
    table = read(tmp_path / "out/image_emd.tsv")
    ours = made.probabilities[made.table["image_id"].to_numpy()[made.order] == "field_1"].astype(float)
    np.testing.assert_allclose(table.iloc[0, 1:].astype(float), ours.mean(axis=0), rtol=1e-6)
    assert len(table) == 1


@pytest.mark.parametrize("text", [None, "ID,Label\nNA,7\n", "ID,Label,Gene\nNA,7,\n"])
def test_without_genes_it_is_refused(tmp_path: Path, text: str | None) -> None:
    inputs = Exported(tmp_path).write()
    with pytest.raises(InputError, match="give --labels a label file with a column Gene"):
        export(inputs if text is None else label(inputs, text), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_readers_of_cellmaps(tmp_path: Path) -> None:
    runner = pytest.importorskip("cellmaps_image_embedding.runner")
    export(label(Exported(tmp_path).write(), LABELS), tmp_path / "out")
    translator = runner.ImageEmbeddingFilterAndNameTranslator(str(tmp_path / "out"), fold=1)
    assert translator.get_name_mapping() == {"NA_": ["HPA9"], "field_1_": ["TP53"]}
    with (tmp_path / "out/image_emd.tsv").open(newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))[1:]
    assert [row[0] for row in rows] == ["HPA9", "TP53"]
    assert np.isfinite(np.array([row[1:] for row in rows], float)).all()

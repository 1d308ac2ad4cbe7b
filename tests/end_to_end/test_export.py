"""From cells with SubCell's classes to an AnnData file, SubCellPortable's table and a Kaggle submission."""

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.channels import CHANNELS
from data.labels.label_set import HPA2021, read_label_set
from data.predictions.predictions_table import read_predictions
from data.predictions.submission import read_submission
from tests.factories.command_line import run_here

SUBCELL31 = read_label_set("subcell31")
LABELS = ["Midbody", "30|7", "Lysosomes", "vesicles|Peroxisomes", "Nucleoli rim", "Cell Junctions"] * 2


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve round cells, each in files of its own, with a tiny classifier of the 31 classes."""
    folder = tmp_path_factory.mktemp("export")
    y, x = np.mgrid[:64, :64]
    radius = np.hypot(y - 32, x - 32)
    for number in range(len(LABELS)):
        for channel in CHANNELS:
            level = 40 + 10 * number if channel == "green" else 120
            inside = radius < (12 if channel == "blue" else 26)
            picture = (inside * level + 10 * (radius < 26)).astype(np.uint8)
            cv2.imwrite(str(folder / f"cell{number}_{channel}.png"), picture)
    rows = [f"cell{number},{text}" for number, text in enumerate(LABELS)]
    (folder / "index.csv").write_text("\n".join(["ID,label", *rows, ""]))
    (folder / "recipe.toml").write_text(
        'images = "all"\ndevice = "cpu"\nlabel_set = "subcell31"\n[tiles]\nsize = 32\n'
        '[backbone]\nname = "test_efficientnet"\npretrained = "none"\n[fit]\nepochs = 1\n'
    )
    work = folder / "work"
    run_here("crops", "--from", folder / "index.csv", "--work", work, "--set", "crops.label_set=subcell31")
    train = ("train", "--work", work, "--labels", work / "labels.csv", "--recipe", folder / "recipe.toml")
    run_here(*train)
    run_here("predict", "--work", work, "--runtime", "torch", "--set", "predict.embedding=true")
    return work


def test_an_anndata_file_of_the_work_folder(work: Path) -> None:
    anndata = pytest.importorskip("anndata")
    pytest.importorskip("h5py")
    told = run_here("export", work, "--format", "h5ad", "--labels", work / "labels.csv")
    assert f"export: {len(LABELS)} cells" in told
    cells = anndata.read_h5ad(work / "cells.h5ad")
    predicted = read_predictions(work / "predictions.parquet")
    np.testing.assert_array_equal(cells.X, np.stack(predicted["embedding"]))
    assert cells.obs_names.tolist() == [f"cell{number}_1" for number in range(len(LABELS))]
    assert cells.obs["image_labels"].tolist()[:2] == ["Midbody", "Cytosol|Negative"]
    kept = cells.uns["hpacells"]
    assert (kept["label_set"], kept["negative_class"], kept["X"]) == ("subcell31", "Negative", "embedding")
    model = json.loads((work / "predict.json").read_text())["inputs"]["model"]
    assert kept["weights"]["fingerprint"] == model
    assert len(kept["weights"]["sha256"][0]) == 64
    assert json.loads(kept["settings"]["predict"])["embedding"] is True
    assert "nothing changed" in run_here("export", work, "--labels", work / "labels.csv")
    assert "export-h5ad" in {record["stage"] for record in json.loads(provenance(work))["stages"]}


def provenance(work: Path) -> str:
    from typer.testing import CliRunner

    from pipeline.cli import app

    return CliRunner().invoke(app, ["provenance", str(work), "--json"]).stdout


def test_the_plane_of_features_is_in_it(work: Path) -> None:
    anndata = pytest.importorskip("anndata")
    pytest.importorskip("h5py")
    run_here("features", "--work", work)
    run_here("export", "--work", work, "--output", work / "with_plane.h5ad")
    cells = anndata.read_h5ad(work / "with_plane.h5ad")
    table = pd.read_csv(work / "features/embedding.csv").set_index(["image_id", "cell_id"])
    expected = table.loc[list(zip(cells.obs["image_id"], cells.obs["cell_id"], strict=True)), ["x", "y"]]
    np.testing.assert_allclose(cells.obsm["X_tsne"], expected)


def test_a_submission_in_the_classes_of_kaggle(work: Path) -> None:
    combine = ("combine", "--work", work, "--set", "combine.min_confidence=0")
    told = run_here(*combine, "--set", "combine.label_set=hpa2021")
    assert "has none such: Cytokinetic bridge, Midbody, Mitotic chromosome" in told
    triples = read_submission(work / "submission.csv").triples
    assert set(triples["label"]) == set(range(19))
    predicted = read_predictions(work / "predictions.parquet")
    vesicles = [9, 13, 14, 27, 29, 6]
    expected = predicted[[f"p_{number}" for number in vesicles]].max(axis=1)
    found = triples[triples["label"] == 17].sort_values("image")["confidence"]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    manifest = json.loads((work / "combine.json").read_text())
    assert manifest["details"]["class_names"] == list(HPA2021.names)
    assert "Midbody" in manifest["details"]["merged"]["without a place"]
    run_here(*combine)
    assert set(read_submission(work / "submission.csv", SUBCELL31).triples["label"]) == set(range(31))


def test_the_other_commands_work_on_31_classes(work: Path, tmp_path: Path) -> None:
    run_here("evaluate", "--work", work, "--labels", work / "labels.csv")
    quality = pd.read_csv(work / "evaluate/quality.csv")
    assert set(quality["name"]) == set(SUBCELL31.names)
    run_here("inspect", "--work", work, "--labels", work / "labels.csv")
    assert "Nucleoli rim" in (work / "report/index.html").read_text()
    run_here("combine", "--work", work, "--set", "combine.min_confidence=0")
    scores = tmp_path / "scores.json"
    run_here("score", work / "submission.csv", work / "submission.csv", "--json", scores)
    assert list(json.loads(scores.read_text())["ap"]) == [str(label) for label in range(31)]


def test_tables_of_images_and_proteins(work: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    rows = [f"cell{number},Lysosomes,gene {number % 3}" for number in range(1, len(LABELS))]
    labels.write_text("\n".join(["ID,Label,Gene", *rows, ""]))
    told = run_here("export", work, "--format", "tables", "--labels", labels)
    assert "the protein of 1 images is not known" in told
    predicted = read_predictions(work / "predictions.parquet")
    images = pd.read_csv(work / "export/image_summary.csv")
    assert images["image_id"].tolist() == [f"cell{number}" for number in range(len(LABELS))]
    proteins = pd.read_parquet(work / "export/protein_classes.parquet").set_index(["protein", "class"])
    ours = predicted[predicted["image_id"].isin(["cell1", "cell4", "cell7", "cell10"])]
    assert proteins.loc[("gene 1", 5), "mean"] == pytest.approx(ours["p_5"].mean(), rel=1e-5)
    again = ("export", work, "--format", "tables", "--labels", labels)
    assert "nothing changed" in run_here(*again)
    assert "nothing changed" not in run_here(*again, "--output", tmp_path / "else where")
    assert len(list((tmp_path / "else where").glob("*.csv"))) == 4


def test_tables_of_cellprofiler_and_cellmaps(work: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    rows = [f"cell{number},Lysosomes,gene {number % 3}" for number in range(len(LABELS))]
    labels.write_text("\n".join(["ID,Label,Gene", *rows, ""]))
    for name in ("cellprofiler", "cellmaps"):
        run_here("export", work, "--format", name, "--labels", labels, "--output", tmp_path / name)
    predicted = read_predictions(work / "predictions.parquet")
    embeddings = np.stack(predicted["embedding"])
    cells = pd.read_csv(tmp_path / "cellprofiler/SingleCells.csv")
    np.testing.assert_allclose(cells.filter(like="Cells_feature_"), embeddings, rtol=1e-6)
    genes = pd.read_csv(tmp_path / "cellmaps/image_emd.tsv", sep="\t")
    assert genes["id"].tolist() == ["gene 0", "gene 1", "gene 2"]
    np.testing.assert_allclose(genes.iloc[1, 1:].astype(float), embeddings[1::3].mean(axis=0), rtol=1e-5)
    told = run_here("export", work, "--format", "cellmaps", status=2)
    assert "give --labels a label file with a column Gene" in told


def test_wrong_uses_are_one_line(work: Path, tmp_path: Path) -> None:
    for words, message in (
        (("export",), "give the work folder"),
        (("export", work, "--work", work), "give the work folder once"),
        (("export", tmp_path / "none"), "predict is not finished"),
        (("export", work, "--format", "csv"), "export.format"),
        (("export", work, "--output", work / "predict.json"), "predict.json"),
        (("export", work, "--as", "subcellportable"), "expected SubCell's embedding of 1536 numbers"),
    ):
        told = run_here(*words, status=2)
        assert len(told.splitlines()) == 1
        assert message in told

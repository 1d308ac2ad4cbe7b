import dataclasses
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from data.errors import InputError
from data.labels.label_set import read_label_set
from data.predictions.predictions_table import write_predictions
from stages.export.paths import ExportInputs, ExportOutputs
from stages.export.run import run
from stages.export.settings import ExportSettings
from stages.stage import StageReport
from tests.factories.context import QuietContext
from tests.factories.exported import Exported

pytest.importorskip("h5py")


def export(inputs: ExportInputs, path: Path, **settings: Any) -> StageReport:
    return run(inputs, ExportOutputs(path), ExportSettings(**settings), QuietContext())


@pytest.fixture
def anndata() -> Any:
    return pytest.importorskip("anndata")


@pytest.fixture
def made(tmp_path: Path) -> Exported:
    return Exported(tmp_path)


def read(anndata: Any, path: Path) -> Any:
    with warnings.catch_warnings():
        # What an older version may not like about a file of ours.
        warnings.simplefilter("error")
        return anndata.read_h5ad(path)


def test_every_number_is_that_of_its_own_cell(anndata: Any, made: Exported, tmp_path: Path) -> None:
    report = export(made.write(), tmp_path / "cells.h5ad")
    cells, expected = read(anndata, tmp_path / "cells.h5ad"), made.table.iloc[made.order]
    assert report.counts == {"cells": 81, "variables": 60, "left out": 9}
    assert (cells.X.dtype, cells.obsm["probabilities"].dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(cells.X, made.embedding)
    np.testing.assert_array_equal(cells.obsm["probabilities"], made.probabilities)
    names = [f"{row.image_id}_{row.cell_id}" for row in expected.itertuples()]
    assert cells.obs_names.tolist() == names
    assert cells.obs["image_id"].tolist() == expected["image_id"].tolist()
    assert cells.obs["cell_id"].tolist() == expected["cell_id"].tolist()
    assert cells.obs["area_px"].tolist() == expected["area_px"].tolist()
    middle = np.stack([expected["x0"] + 20, expected["y0"] + 10.5], axis=1)
    np.testing.assert_array_equal(cells.obsm["spatial"], middle)
    assert cells.var_names[[0, 59]].tolist() == ["embedding_0000", "embedding_0059"]


def test_tables_in_one_order_or_not(anndata: Any, made: Exported, tmp_path: Path) -> None:
    export(made.write(), tmp_path / "shuffled.h5ad", unpredicted=True)
    sorting = np.argsort(made.order)
    assert made.embedding is not None
    made.order, made.probabilities = made.order[sorting], made.probabilities[sorting]
    made.embedding = made.embedding[sorting]
    export(made.write(), tmp_path / "ordered.h5ad", unpredicted=True)
    shuffled, ordered = (read(anndata, tmp_path / f"{name}.h5ad") for name in ("shuffled", "ordered"))
    table = made.table.assign(name=[f"{row.image_id}_{row.cell_id}" for row in made.table.itertuples()])
    is_other = (made.table["dropped"] != "").to_numpy()
    assert ordered.obs_names.tolist() == [*table["name"][~is_other], *table["name"][is_other]]
    same = shuffled[ordered.obs_names]
    for name in ordered.obs:
        assert ordered.obs[name].astype(object).equals(same.obs[name].astype(object)), name
    np.testing.assert_array_equal(ordered.X, same.X)
    np.testing.assert_array_equal(ordered.obsm["spatial"], same.obsm["spatial"])


def test_classes_and_texts_are_categories(anndata: Any, made: Exported, tmp_path: Path) -> None:
    export(made.write(), tmp_path / "cells.h5ad")
    obs = read(anndata, tmp_path / "cells.h5ad").obs
    for name in ("image_id", "group", "drop_reason", "top_class", "called_classes"):
        assert isinstance(obs[name].dtype, pd.CategoricalDtype), name
    names = read_label_set("hpa2021").names
    assert obs["top_class"].cat.categories.tolist() == list(names)
    likeliest = made.probabilities.argmax(axis=1)
    assert obs["top_class"].tolist() == [names[label] for label in likeliest]
    np.testing.assert_array_equal(obs["top_probability"], made.probabilities.max(axis=1))
    assert set(obs["called_classes"]) == {"Nucleoplasm", "Golgi apparatus"}
    assert obs["dropped"].dtype == bool


def test_what_is_missing_stays_missing(anndata: Any, made: Exported, tmp_path: Path) -> None:
    made.probabilities[0] = 0.3
    export(made.write(), tmp_path / "cells.h5ad", unpredicted=True)
    cells = read(anndata, tmp_path / "cells.h5ad")
    obs, others = cells.obs, slice(81, 90)
    assert len(obs) == 90
    assert np.isnan(cells.X[others]).all()
    assert np.isnan(cells.obsm["probabilities"][others]).all()
    assert np.isnan(cells.obsm["X_pca"][others]).all()
    assert not np.isnan(cells.obsm["X_pca"][:81]).any()
    assert obs["top_class"].isna().tolist() == [False] * 81 + [True] * 9
    assert obs["top_probability"].isna().tolist() == [False] * 81 + [True] * 9
    assert obs["called_classes"].isna().tolist() == [False] * 81 + [True] * 9
    assert obs["called_classes"].iloc[0] == "none called"
    assert obs["drop_reason"].isna().tolist() == [True] * 81 + [False] * 9
    assert set(obs["drop_reason"].iloc[others]) == {"too small"}
    unknown = obs["image_id"] == "=2+5"
    assert obs["pixel_size_um"].isna().equals(unknown)
    assert obs["area_um2"].isna().equals(unknown)
    known = obs[obs["image_id"] == "NA"]
    np.testing.assert_allclose(known["area_um2"], known["area_px"] * 0.01)
    rows = np.concatenate([made.order, np.flatnonzero(made.table["dropped"] != "")])
    green = made.table["mean_green"].iloc[rows].to_numpy()
    np.testing.assert_array_equal(obs["mean_green"].to_numpy(), green)


def test_without_embeddings_the_probabilities_are_x(
    anndata: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = Exported(tmp_path, width=0, label_set="subcell31")
    export(made.write(), tmp_path / "cells.h5ad")
    cells = read(anndata, tmp_path / "cells.h5ad")
    assert cells.var_names.tolist() == list(read_label_set("subcell31").names)
    np.testing.assert_array_equal(cells.X, made.probabilities)
    assert "X is the probabilities" in caplog.text
    assert cells.uns["hpacells"]["X"] == "probabilities"
    assert cells.uns["hpacells"]["label_set"] == "subcell31"
    assert cells.uns["hpacells"]["negative_class"] == "Negative"


def test_what_cellxgene_asks_for(anndata: Any, made: Exported, tmp_path: Path) -> None:
    export(made.write(), tmp_path / "cells.h5ad")
    cells = read(anndata, tmp_path / "cells.h5ad")
    assert cells.obs_names.is_unique
    assert cells.var_names.is_unique
    planes = {name: cells.obsm[name] for name in cells.obsm if name.startswith("X_")}
    assert planes
    for plane in planes.values():
        assert plane.ndim == 2
        assert plane.shape[1] >= 2
        assert not np.isinf(plane).any()
        assert not np.isnan(plane).all()
    for column in cells.obs:
        kind = cells.obs[column].dtype
        assert isinstance(kind, pd.CategoricalDtype) or kind.kind in "biuf", column
        if isinstance(kind, pd.CategoricalDtype):
            assert kind.categories.is_unique
    for part in (cells.obs.columns, cells.obsm.keys(), cells.uns.keys()):
        assert not [name for name in part if " " in name or "/" in name]


def test_principal_components_are_those_of_scikit_learn(anndata: Any, made: Exported, tmp_path: Path) -> None:
    export(made.write(), tmp_path / "cells.h5ad")
    cells = read(anndata, tmp_path / "cells.h5ad")
    reference = PCA(50, svd_solver="full").fit(made.embedding)
    projected = reference.transform(made.embedding)
    found = cells.obsm["X_pca"]
    assert found.shape == (81, 50)
    signs = np.sign((projected * found).sum(axis=0))
    np.testing.assert_allclose(found * signs, projected, atol=2e-4)
    np.testing.assert_allclose(
        cells.uns["pca"]["variance_ratio"], reference.explained_variance_ratio_, rtol=1e-4
    )
    np.testing.assert_allclose(cells.varm["PCs"] * signs, reference.components_.T, atol=2e-4)


def test_facts_labels_and_a_plane(anndata: Any, made: Exported, tmp_path: Path) -> None:
    labels, plane = tmp_path / "labels.csv", tmp_path / "embedding.csv"
    labels.write_text("ID,Label,Gene,Antibody\nfield_1,0|16,TP53,HPA1\n'=2+5,Golgi apparatus,,HPA2\n")
    plane.write_text("image_id,cell_id,class,x,y\nNA,1,0,1.5,2.5\n'=2+5,2,0,-1,4\n")
    facts = {
        "settings": {"crops": "{}"},
        "weights": {"sha256": ["ab"], "fingerprint": "cd"},
        "version": "1.0",
    }
    inputs = dataclasses.replace(
        made.write(), labels_path=labels, plane_path=plane, plane_method="t-sne", facts=facts
    )
    export(inputs, tmp_path / "cells.h5ad")
    cells = read(anndata, tmp_path / "cells.h5ad")
    kept = cells.uns["hpacells"]
    assert kept["weights"]["sha256"].tolist() == ["ab"]
    assert (kept["weights"]["fingerprint"], kept["settings"]["crops"], kept["version"]) == ("cd", "{}", "1.0")
    assert kept["class_names"].tolist() == list(read_label_set("hpa2021").names)
    points = pd.DataFrame(cells.obsm["X_tsne"], cells.obs_names)
    assert points.loc["NA_1"].tolist() == [1.5, 2.5]
    assert points.loc["=2+5_2"].tolist() == [-1, 4]
    assert points.notna().all(axis=1).sum() == 2
    given = {
        image: set(rows["image_labels"].dropna())
        for image, rows in cells.obs.groupby("image_id", observed=True)
    }
    assert given == {"field_1": {"Nucleoplasm|Cytosol"}, "=2+5": {"Golgi apparatus"}, "NA": set()}
    assert set(cells.obs.loc[cells.obs["image_id"] == "field_1", "gene"]) == {"TP53"}
    assert cells.obs.loc[cells.obs["image_id"] == "=2+5", "gene"].isna().all()
    assert set(cells.obs.loc[cells.obs["image_id"] == "=2+5", "antibody"]) == {"HPA2"}


def test_labels_of_other_classes_than_those_predicted(anndata: Any, tmp_path: Path) -> None:
    inputs = Exported(tmp_path, label_set="subcell31").write()
    labels = tmp_path / "labels.csv"
    labels.write_text("ID,Label\nfield_1,16\nNA,Vesicles and punctate cytosolic patterns\n")
    inputs = dataclasses.replace(inputs, labels_path=labels)
    with pytest.raises(InputError, match="is not a class"):
        export(inputs, tmp_path / "cells.h5ad")
    export(inputs, tmp_path / "cells.h5ad", label_set="hpa2021")
    obs = read(anndata, tmp_path / "cells.h5ad").obs
    found = {
        image: set(rows["image_labels"].dropna()) for image, rows in obs.groupby("image_id", observed=True)
    }
    assert found == {
        "field_1": {"Cytosol"},
        "NA": {"Vesicles and punctate cytosolic patterns"},
        "=2+5": set(),
    }


def test_scanpy_finds_neighbours_a_plane_and_what_sets_classes_apart(made: Exported, tmp_path: Path) -> None:
    scanpy = pytest.importorskip("scanpy")
    export(made.write(), tmp_path / "cells.h5ad")
    cells = scanpy.read_h5ad(tmp_path / "cells.h5ad")
    scanpy.pp.neighbors(cells, n_neighbors=10)
    # By all components that are there, not by two of them.
    assert cells.uns["neighbors"]["params"].get("use_rep", "X_pca") == "X_pca"
    scanpy.tl.umap(cells, maxiter=20)
    assert np.isfinite(cells.obsm["X_umap"]).all()
    cells.obs["top_class"] = cells.obs["top_class"].cat.remove_unused_categories()
    scanpy.tl.rank_genes_groups(cells, "top_class", method="wilcoxon")
    ranked = scanpy.get.rank_genes_groups_df(cells, group="Golgi apparatus")
    assert ranked["scores"].iloc[0] > 5
    # Cells that are near each other are of the same group.
    nearest = cells.obsp["connectivities"].toarray()
    golgi = (cells.obs["top_class"] == "Golgi apparatus").to_numpy()
    assert nearest[np.ix_(golgi, ~golgi)].sum() < 0.01 * nearest.sum()


def test_what_is_refused(made: Exported, tmp_path: Path) -> None:
    inputs = made.write()
    with pytest.raises(InputError, match=r"cells\.csv: .* ends in \.h5ad"):
        export(inputs, tmp_path / "cells.csv")
    made.table = made.table.iloc[1:]
    made.order = made.order - 1
    others = Exported(tmp_path)
    others.write()
    lacking = others.table.iloc[5:]
    lacking.to_parquet(inputs.cells_path, index=False)
    with pytest.raises(InputError, match=r"predictions of 4 cells that .* lacks, first cell \d+ of image"):
        export(inputs, tmp_path / "cells.h5ad")
    write_predictions(inputs.predictions_path, [], np.empty(0, int), np.empty((0, 19)))
    with pytest.raises(InputError, match="no cell was predicted"):
        export(inputs, tmp_path / "cells.h5ad")
    assert not list(tmp_path.glob("*.h5ad")) + list(tmp_path.glob(".*"))


def test_there_is_always_a_plane(anndata: Any, tmp_path: Path) -> None:
    made = Exported(tmp_path, count=1)
    report = export(made.write(), tmp_path / "cells.h5ad")
    assert report.details["planes"] == ["X_spatial"]
    cells = read(anndata, tmp_path / "cells.h5ad")
    np.testing.assert_array_equal(cells.obsm["X_spatial"], cells.obsm["spatial"])
    assert cells.obsm["X_spatial"].shape == (1, 2)

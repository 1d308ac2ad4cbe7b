"""What made each prediction, through the command line: as text, as JSON and as RO-Crate metadata."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from rocrate.rocrate import ROCrate

from data.file_hash import hash_file
from models.classifiers.bundled import find_classifier_folder


@pytest.fixture(scope="module")
def images(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the simulated fields."""
    folder = tmp_path_factory.mktemp("images")
    for name in sorted({path.name.rpartition("_")[0] for path in simulated.glob("*_red.png")})[:2]:
        for path in simulated.glob(f"{name}_*.png"):
            shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def work(hpacells, images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("provenance") / "work"
    hpacells("run", images, "--work", work, "--set", "predict.runtime=torch")
    return work


@pytest.fixture
def copied(work: Path, tmp_path: Path) -> Path:
    return shutil.copytree(work, tmp_path / "copied")


def test_all_stages_with_images_weights_settings_and_versions(hpacells, work: Path, images: Path) -> None:
    printed = hpacells("provenance", work).stdout
    blocks = {block.split(":")[0]: block for block in printed.split("\n\n")[1:]}
    assert list(blocks) == ["segment", "crops", "predict", "combine", "inspect"]
    assert str(images) in blocks["segment"]
    weights = find_classifier_folder("simhpa19") / "model.safetensors"
    assert hash_file(weights) in blocks["predict"]
    assert "runtime=torch" in blocks["predict"]
    assert f"numpy {json.loads((work / 'predict.json').read_text())['versions']['numpy']}" in printed
    assert "NOTE" not in printed


def test_one_cell(hpacells, work: Path, images: Path) -> None:
    row = pd.read_parquet(work / "predictions.parquet").iloc[0]
    cell = f"{row['image_id']}/{row['cell_id']}"
    found = json.loads(hpacells("provenance", work, "--cell", cell, "--json").stdout)
    assert [record["stage"] for record in found["stages"]] == ["segment", "crops", "predict"]
    assert found["cell"]["files"]["green"] == str(images / f"{row['image_id']}_green.png")
    assert list(found["cell"]["probabilities"].values()) == pytest.approx(row[[f"p_{n}" for n in range(19)]])
    assert (
        f"cell {row['cell_id']} of {row['image_id']}" in hpacells("provenance", work, "--cell", cell).stdout
    )
    told = hpacells("provenance", work, "--cell", f"{row['image_id']}/9999", status=2).stderr
    assert len(told.splitlines()) == 1
    assert f"no cell 9999 of {row['image_id']}; expected one of 1, 2" in told
    fields = sorted(set(pd.read_parquet(work / "cells.parquet")["image_id"]))
    told = hpacells("provenance", work, "--cell", "none/1", status=2).stderr
    assert f"no field none; expected one of {', '.join(fields[:10])}" in told


def test_a_crate_that_rocrate_reads(hpacells, copied: Path) -> None:
    hpacells("provenance", copied, "--crate", copied)
    crate = ROCrate(copied)
    predict = crate.get("#predict")
    assert "predictions.parquet" in [entity.id for entity in predict["result"]]
    assert {"cells.parquet", "tiles.zarr/"} <= {entity.id for entity in predict["object"]}
    assert (copied / "predictions.parquet").is_file()
    # Another run of it replaces its own file, and the work folder stays what it was.
    hpacells("provenance", copied, "--crate", copied / "ro-crate-metadata.json")
    assert (
        "done before"
        in hpacells(
            "predict", "--work", copied, "--model", "simhpa19", "--set", "predict.runtime=torch"
        ).stderr
    )


def test_parts_that_are_gone_or_damaged(hpacells, copied: Path) -> None:
    row = pd.read_parquet(copied / "predictions.parquet").iloc[0]
    cell = f"{row['image_id']}/{row['cell_id']}"
    segment = json.loads((copied / "segment.json").read_text())
    segment["details"]["images"] = str(copied / "gone")
    segment.pop("content", None)
    (copied / "segment.json").write_text(json.dumps(segment))
    printed = hpacells("provenance", copied, "--cell", cell).stdout
    assert "NOTE" in printed
    assert f"{copied / 'gone'}: no such folder" in " ".join(printed.split())
    (copied / "crops.json").write_text("{")
    done = hpacells("provenance", copied, status=2)
    assert "predict: finished" in done.stdout
    (line,) = done.stderr.splitlines()
    assert f"{copied / 'crops.json'}: cannot be read as a manifest" in line
    assert "`hpacells crops`" in line


def test_a_folder_without_results(hpacells, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        (line,) = hpacells("provenance", folder, status=2).stderr.splitlines()
        assert str(folder) in line

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from data.cells.cells_table import write_cells
from data.errors import InputError
from data.file_hash import hash_file
from data.predictions.predictions_table import write_predictions
from pipeline.config.config import load_config
from pipeline.engines.local import LocalEngine
from pipeline.runs.execute import Step, execute, finished_manifest
from pipeline.runs.manifest import hash_json
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.inspect import inspect_step
from tests.factories.cells_table import make_cells_table
from tests.factories.report.data import name_classes, read_data, read_fields
from tests.factories.subcell import shrink_subcell, write_tiny_subcell
from tests.factories.work_folder import finish_stage

ENGINE = LocalEngine(workers=1)


def finish(work: WorkFolder, stage: str, label_set: str = "hpa2021", **inputs: str) -> None:
    """Make a stage pass for finished."""
    told = {"labels.csv": ""} if stage == "crops" and (work.root / "labels.csv").is_file() else {}
    settings = {"label_set": label_set, "full_scale": None}
    finish_stage(work, stage, settings=settings, outputs=told, inputs=inputs)


@pytest.fixture
def work(tmp_path: Path, random_tiles: Path) -> WorkFolder:
    """Cells of an index, with labels and predictions of a classifier from elsewhere."""
    work = WorkFolder(tmp_path / "work")
    names = [f"c{number}" for number in range(23)]
    write_cells(work.cells, make_cells_table(names))
    work.tiles.symlink_to(random_tiles)
    write_predictions(work.predictions, names, np.ones(23, int), np.full((23, 19), 0.1))
    (work.root / "labels.csv").write_text("ID,Label\nc0,0\n")
    finish(work, "crops", index="index")
    finish(work, "predict", crops="crops", model="model")
    return work


def list_cells(work: WorkFolder) -> list[dict[str, Any]]:
    return [cell for group in read_fields(work.report).values() for cell in group["cells"]]


def given_of(work: WorkFolder, image_id: str) -> list[str]:
    [cell] = [cell for cell in list_cells(work) if cell["image"] == image_id]
    return name_classes(work.report, cell["given"])


def make(work: WorkFolder, labels: Path | None = None) -> Step:
    return inspect_step(work, labels, load_config(None))


def test_done_again_only_when_something_changed(work: WorkFolder, tmp_path: Path) -> None:
    execute(make(work), ENGINE)
    assert finished_manifest(make(work)) is not None
    assert make(work).inputs["labels"] == hash_file(work.root / "labels.csv")
    other = tmp_path / "other.csv"
    other.write_text("ID,Label\nc1,0\n")
    step = make(work, other)
    assert finished_manifest(step) is None
    execute(step, ENGINE)
    assert finished_manifest(make(work, other)) is not None
    other.write_text("ID,Label\nc1,1\n")
    assert finished_manifest(make(work, other)) is None
    (work.root / "labels.csv").write_text("ID,Label\nc0,1\n")
    execute(make(work), ENGINE)
    assert given_of(work, "c0") == ["Nuclear membrane"]


def test_before_and_after_predicting(work: WorkFolder) -> None:
    work.manifest("predict").unlink()
    execute(make(work), ENGINE)
    cells = list_cells(work)
    assert len(cells) == 23
    assert all(cell["called"] is None for cell in cells)
    assert given_of(work, "c0") == ["Nucleoplasm"]
    finish(work, "predict", crops="crops", model="model")
    assert finished_manifest(make(work)) is None
    finish(work, "predict", crops="others", model="model")
    with pytest.raises(InputError, match="predict is older than crops"):
        make(work)


def test_attention_beside_pre_cropped_cells(
    work: WorkFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shrink_subcell(monkeypatch)
    tiles = {"size": 256, "channels": ["blue", "green"]}
    model = write_tiny_subcell(tmp_path / "model", "bg", tiles=tiles)
    hashes = hash_json([hash_file(model / name) for name in ("model.safetensors", "model.toml")])
    details = {"classifiers": [str(model)], "backbones": ["subcell-bg"], "channels": [["blue", "green"]]}
    finish_stage(work, "predict", inputs={"crops": "crops", "model": hashes}, details=details)
    settings = ["inspect.attention_cells=3", "inspect.device=cpu"]
    step = inspect_step(work, None, load_config(None, settings))
    assert step.inputs["attention"] == hashes
    execute(step, ENGINE)
    attended = {cell["image"]: cell["attention"] for cell in list_cells(work) if "attention" in cell}
    assert {name: place for name, (place, _) in attended.items()} == {"c0": 0, "c11": 1, "c22": 2}
    assert all("attention: at most" in text for _, text in attended.values())
    [sheet] = work.report.rglob("*_attention_*.jpg")
    assert cv2.imread(str(sheet)).shape == (3 * 256, 512, 3)
    legend = read_data(work.report, "data/report")["attention"]["legend"]
    assert legend.count("Each map is scaled by its own maximum") == 1
    assert "for 3 of 23 predicted cells" in (work.report / "index.html").read_text()


def test_labels_are_told_as_trained_with(work: WorkFolder) -> None:
    execute(make(work), ENGINE)
    warning = "The classifier was trained with these labels"
    assert warning not in (work.report / "index.html").read_text()
    finish(work, "train", labels=hash_file(work.root / "labels.csv"))
    finish(work, "predict", crops="crops", train="train")
    work.manifest("inspect").unlink()
    execute(make(work), ENGINE)
    assert warning in (work.report / "index.html").read_text()


def test_a_label_set_that_is_gone(work: WorkFolder) -> None:
    """The labels are then read by name, as those of the predictions."""
    (work.root / "labels.csv").write_text("ID,Label\nc0,Cytosol\n")
    finish(work, "crops", label_set="gone.toml", index="index")
    execute(make(work), ENGINE)
    assert given_of(work, "c0") == ["Cytosol"]
    work.manifest("predict").unlink()
    with pytest.raises(InputError, match="gone.toml: no such label set"):
        make(work)


def test_fields_ask_for_what_comes_first(work: WorkFolder) -> None:
    finish(work, "crops", segment="segment")
    with pytest.raises(InputError, match="segment is not finished"):
        make(work)
    finish(work, "segment")
    with pytest.raises(InputError, match="combine is not finished"):
        make(work)


def test_another_order_of_cells_is_another_report(work: WorkFolder) -> None:
    execute(make(work), ENGINE)
    step = inspect_step(work, None, load_config(None), queue="rare")
    assert finished_manifest(step) is None
    execute(step, ENGINE)
    assert len(read_data(work.report, "data/queue")["cells"]) == 23
    assert finished_manifest(make(work)) is None

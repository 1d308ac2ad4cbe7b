from pathlib import Path
from types import SimpleNamespace

import pytest

from data.errors import InputError
from pipeline.config.config import load_config
from pipeline.runs.execute import Step
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps import features as module


@pytest.fixture(autouse=True)
def everything_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        module, "require", lambda _, stage, *reads: SimpleNamespace(output_key=f"made by {stage}", details={})
    )
    trained = SimpleNamespace(output_key="made by train")
    monkeypatch.setattr(module, "require_classifier", lambda *_, **__: trained)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text("ID,Label\na,0\nb,1\n")
    return path


def make_step(tmp_path: Path, labels: Path | None, model: Path | None = None, *assignments: str) -> Step:
    return module.features_step(WorkFolder(tmp_path / "work"), labels, model, load_config(None, assignments))


def make_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("model.safetensors", "model.toml"):
        (folder / name).write_text(name)
    return folder


def test_what_it_is_made_of(tmp_path: Path, labels: Path) -> None:
    step = make_step(tmp_path, None)
    assert step.inputs == {name: f"made by {name}" for name in ("crops", "train", "predict")}
    model = make_model(tmp_path / "model")
    assert {"labels", "model", "crops"} < set(make_step(tmp_path, labels, model).inputs)
    assert "predict" not in make_step(tmp_path, labels, model).inputs
    assert "train" not in make_step(tmp_path, labels, model).inputs


def test_what_makes_it_stale(tmp_path: Path, labels: Path) -> None:
    model = make_model(tmp_path / "model")
    keys = [make_step(tmp_path, chosen, of).key for chosen in (None, labels) for of in (None, model)]
    keys.append(make_step(tmp_path, labels, model, "features.cells=99").key)
    (model / "model.toml").write_text("trained anew")
    keys.append(make_step(tmp_path, labels, model).key)
    labels.write_text("ID,Label\na,1\nb,1\n")
    keys.append(make_step(tmp_path, labels, model).key)
    assert len(set(keys)) == len(keys)
    assert make_step(tmp_path, labels, model, "features.batch_size=3").key == keys[-1]


def test_what_is_missing(tmp_path: Path, labels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        make_step(tmp_path, labels, tmp_path / "nowhere")
    with pytest.raises(InputError, match="no such file|No such file"):
        make_step(tmp_path, tmp_path / "nolabels.csv")
    monkeypatch.setattr(module, "require", require)
    with pytest.raises(InputError, match="crops is not finished"):
        make_step(tmp_path, labels)

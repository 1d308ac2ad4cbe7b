from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from data.errors import InputError
from pipeline import cli
from pipeline.config.config import Config, load_config
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps import predict as steps


@pytest.fixture(autouse=True)
def everything_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def require(_: WorkFolder, stage: str, *reads: Path, **options: str) -> SimpleNamespace:
        return SimpleNamespace(output_key=f"made by {stage}", details={})

    monkeypatch.setattr(steps, "require", require)
    monkeypatch.setattr(
        steps, "require_classifier", lambda *_, **__: SimpleNamespace(output_key="made by train")
    )


@pytest.fixture
def config() -> Config:
    return load_config(None)


def make_model(folder: Path, content: str = "weights") -> Path:
    folder.mkdir(parents=True)
    for name in ("model.safetensors", "model.toml"):
        (folder / name).write_text(f"{content} {name}")
    return folder


def test_the_work_folders_own_model(tmp_path: Path, config: Config) -> None:
    make_model(tmp_path / "model")
    step = steps.predict_step(WorkFolder(tmp_path), None, config)
    assert step.inputs["crops"] == "made by crops"
    assert step.inputs["train"] == "made by train"
    (tmp_path / "model/model.safetensors").write_text("other weights")
    assert steps.predict_step(WorkFolder(tmp_path), None, config).key != step.key


def test_predictions_depend_on_every_classifier(tmp_path: Path, config: Config) -> None:
    work = WorkFolder(tmp_path / "work")
    one = make_model(tmp_path / "one")
    folds = [make_model(tmp_path / "folds" / f"fold-{fold}", str(fold)) for fold in range(2)]
    keys = {steps.predict_step(work, models, config).key for models in ([one], [folds[0].parent], folds[:1])}
    assert len(keys) == 3
    before = steps.predict_step(work, [one, folds[0].parent], config).key
    assert steps.predict_step(work, [one, *folds], config).key == before
    (folds[1] / "model.toml").write_text("other thresholds")
    assert steps.predict_step(work, [one, folds[0].parent], config).key != before


def test_threads_do_not_make_predictions_anew(tmp_path: Path, config: Config) -> None:
    def key(*assignments: str) -> str:
        return steps.predict_step(WorkFolder(tmp_path), None, load_config(None, assignments)).key

    assert key("predict.workers=7") == key()
    assert len({key(), key("predict.runtime=torch"), key("predict.batch_size=7")}) == 3


def test_limits_of_a_bundled_classifier_are_warned_of_where_it_predicts(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from stages.predict import run as stage

    monkeypatch.setattr(stage, "run", lambda *_: None)
    step = steps.predict_step(WorkFolder(tmp_path), [Path("simhpa19")], config)
    # Not where the predictions are there already.
    assert not caplog.messages
    step.run("key", SimpleNamespace())
    [warning] = caplog.messages
    assert warning.startswith("the classifier simhpa19 comes with hpacells: ")


def test_tiles_that_lack_channels_are_predicted_by_the_classifiers_that_are_given(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stages.predict import run as stage

    crops = SimpleNamespace(output_key="made by crops", details={"channels": ["green", "blue"]})
    monkeypatch.setattr(steps, "require", lambda *_, **__: crops)
    taken: list[Path] = []
    monkeypatch.setattr(stage, "run", lambda inputs, *_: taken.extend(inputs.model_dirs))
    one = make_model(tmp_path / "one")
    step = steps.predict_step(WorkFolder(tmp_path), [Path("simhpa19"), one], config)
    step.run("key", SimpleNamespace())
    assert [path.name for path in taken] == ["simhpa19", "one"]


def test_no_classifier(tmp_path: Path, config: Config) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder; expected the folder of a trained"):
        steps.predict_step(WorkFolder(tmp_path), [tmp_path / "nowhere"], config)


def test_the_command_takes_several_models_and_a_runtime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stages.predict.run import PredictSettings

    asked = []
    monkeypatch.setattr(steps, "predict_step", lambda *arguments: asked.append(arguments))
    # What the models are of is another test's.
    monkeypatch.setattr("pipeline.steps.whole_fields.find_unit", lambda *_: None)
    monkeypatch.setattr("pipeline.commands.predict.execute", lambda *_: None)
    monkeypatch.setattr("pipeline.commands.predict.finish", lambda _: None)
    command = ["predict", "--work", str(tmp_path), "--model", "a", "--model", "b", "--runtime", "torch"]
    result = CliRunner().invoke(cli.app, command)
    assert result.exit_code == 0, result.output
    ((work, models, config),) = asked
    assert (work, models) == (WorkFolder(tmp_path), [Path("a"), Path("b")])
    assert config.settings("predict", PredictSettings).runtime == "torch"
    CliRunner().invoke(cli.app, ["predict", "--work", str(tmp_path)])
    assert asked[1][1] is None


def test_predictions_of_patches_are_made_again(tmp_path: Path, config: Config) -> None:
    model = tmp_path / "one"
    model.mkdir()
    (model / "model.safetensors").write_text("weights")
    described = {}
    for name in ("subcell-rybg", "vit_base_patch16_224", "tf_efficientnet_lite1"):
        (model / "model.toml").write_text(f'[architecture.backbone]\nname = "{name}"\n')
        described[name] = steps.predict_step(WorkFolder(tmp_path), [model], config).inputs.get("patches")
    assert described == {
        "subcell-rybg": "products of matrices",
        "vit_base_patch16_224": "products of matrices",
        "tf_efficientnet_lite1": None,
    }

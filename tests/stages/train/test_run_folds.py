import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from data.errors import InputError
from data.labels.label_set import read_label_set
from data.predictions.predictions_table import read_class_names, read_predictions
from data.tiles.batch_loader import BatchLoader
from data.tiles.tile_store import TileStore
from models.classifiers.ensemble.members import find_classifiers, read_members
from models.classifiers.inference import score_tiles
from models.classifiers.model_folder import read_classifier
from models.training import trainer
from stages.train import run as train
from stages.train.preparation import set_up_fold
from stages.train.results import model_folders
from stages.train.settings import TrainSettings
from tests.factories.training.on_tiles import train_on

IMAGES = {f"image{number:02}": (number % 3,) for number in range(12)}
ALL = {"split": {"folds": 3, "fold": "all"}}
TIMES = ["seconds", "tiles_per_second", "wait_seconds"]


pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def tiny(tiny: TrainSettings, changed) -> TrainSettings:
    return changed(tiny, fit={"epochs": 1})


def run(folder, model: Path, settings: TrainSettings, context, **options):
    return train_on(folder, model, settings, context, **options)


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def same_weights(first: Path, second: Path) -> bool:
    ours, theirs = read_weights(first), read_weights(second)
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_each_cell_is_predicted_by_the_fold_that_left_it_out(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder, context = make_tiles(IMAGES, dropped={4: "too dark"}), steps()
    settings = changed(tiny, **ALL)
    report = run(folder, tmp_path / "model", settings, context, out_of_fold=tmp_path / "oof.parquet")
    table = pd.read_parquet(folder.cells)
    kept = table[table["dropped"] == ""]
    predictions = read_predictions(tmp_path / "oof.parquet")
    assert not predictions.duplicated(["image_id", "cell_id"]).any()
    assert set(zip(predictions["image_id"], predictions["cell_id"], strict=True)) == set(
        zip(kept["image_id"], kept["cell_id"], strict=True)
    )
    assert read_class_names(tmp_path / "oof.parquet") == tuple(read_label_set("hpa2021").names)
    # Of two classifiers that both trained on an image neither gives its cells' probabilities.
    rows = predictions.merge(table.reset_index(), on=["image_id", "cell_id"])
    said = predictions.filter(regex=r"^p_\d+$").to_numpy()
    store = TileStore(folder.tiles, rows=len(table))
    agreement = np.zeros((len(rows), 3), bool)
    for fold in range(3):
        classifier = read_classifier(tmp_path / "model" / f"fold-{fold}")
        loader = BatchLoader(store, rows["index"].to_numpy(), settings.tiles)
        scored = score_tiles(classifier, loader, batch_size=16, bfloat16=False)
        probabilities = classifier.probabilities(torch.cat([logits for _, logits, _ in scored])).numpy()
        agreement[:, fold] = np.abs(probabilities - said).max(axis=1) < 1e-4
    assert (agreement.sum(axis=1) == 1).all()
    by_image = pd.DataFrame(agreement).groupby(rows["image_id"]).nunique()
    assert (by_image == 1).all(axis=None)
    assert report.details["folds"] == 3
    assert report.details["validation_cells"] == len(kept)
    assert context.done == 3 * context.total


def test_all_folds_are_the_folds_one_by_one(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder = make_tiles(IMAGES)
    run(folder, tmp_path / "all", changed(tiny, **ALL), steps())
    for fold in (0, 2):
        run(folder, tmp_path / f"{fold}", changed(tiny, split={"folds": 3, "fold": fold}), steps())
        assert same_weights(tmp_path / f"{fold}", tmp_path / "all" / f"fold-{fold}")


def test_a_training_that_stopped_in_the_second_fold(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder = make_tiles(IMAGES)
    split = {"folds": 2, "fold": "all"}
    settings = changed(tiny, split=split, fit={"epochs": 2, "checkpoint_seconds": 0})
    whole = tmp_path / "whole"
    run(folder, whole, settings, steps(), out_of_fold=tmp_path / "whole.parquet")

    parts = tmp_path / "parts"
    context = steps(interrupt_after=3, in_task=2)
    with pytest.raises(KeyboardInterrupt):
        run(folder, parts, settings, context, out_of_fold=tmp_path / "parts.parquet")
    assert not list(parts.rglob("model.toml"))
    run(folder, parts, settings, steps(), out_of_fold=tmp_path / "parts.parquet")
    for fold in range(2):
        assert same_weights(whole / f"fold-{fold}", parts / f"fold-{fold}")
        tables = [
            pd.read_csv(root / f"fold-{fold}" / "metrics.csv").drop(columns=TIMES) for root in (whole, parts)
        ]
        pd.testing.assert_frame_equal(*tables, check_exact=True)
    pd.testing.assert_frame_equal(
        read_predictions(tmp_path / "parts.parquet"), read_predictions(tmp_path / "whole.parquet")
    )
    assert not list(parts.rglob("*checkpoint*"))


def test_one_classifier_takes_the_place_of_folds_and_folds_of_it(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder, model = make_tiles(IMAGES), tmp_path / "model"
    (model / "fold-notes").mkdir(parents=True)
    one, three, two = changed(tiny), changed(tiny, **ALL), changed(tiny, split={"folds": 2, "fold": "all"})
    run(folder, model, one, steps())
    assert find_classifiers(model) == [model]
    run(folder, model, three, steps())
    assert find_classifiers(model) == [model / f"fold-{fold}" for fold in range(3)]
    # All that belonged to the one is gone; the picture of all folds together has taken the place of its own.
    assert [path.name for path in model.iterdir() if path.is_file()] == ["curves.png"]
    run(folder, model, two, steps())
    assert find_classifiers(model) == [model / "fold-0", model / "fold-1"]
    assert len(read_members([model])) == 2
    run(folder, model, one, steps())
    assert find_classifiers(model) == [model]
    assert (model / "fold-notes").is_dir()


@pytest.mark.parametrize(("before", "after"), [("three", "two"), ("one", "two"), ("three", "one")])
@pytest.mark.parametrize("written", [0, 1])
def test_classifiers_of_two_trainings_are_never_taken_together(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, monkeypatch, before, after, written: int
) -> None:
    folder, model = make_tiles(IMAGES), tmp_path / "model"
    kinds = {
        "one": changed(tiny),
        "two": changed(tiny, split={"folds": 2, "fold": "all"}),
        "three": changed(tiny, **ALL),
    }
    run(folder, model, kinds[before], steps())
    left = [written]
    write_history = model_folders.write_history

    def stop(*arguments: object) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        write_history(*arguments)

    def stop_removing(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(model_folders, "write_history", stop)
        patched.setattr(model_folders, "remove_others", stop_removing)
        with pytest.raises(KeyboardInterrupt):
            run(folder, model, kinds[after], steps())
    with pytest.raises(InputError, match="classifiers of two trainings"):
        find_classifiers(model)
    run(folder, model, kinds[after], steps())
    assert len(find_classifiers(model)) == {"one": 1, "two": 2}[after]


@pytest.mark.parametrize("first", ["one", "folds"])
def test_an_interrupted_training_leaves_the_earlier_one_whole(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, first: str
) -> None:
    folder, model = make_tiles(IMAGES), tmp_path / "model"
    kinds = {"one": changed(tiny), "folds": changed(tiny, **ALL)}
    before, after = kinds.pop(first), kinds.popitem()[1]
    run(folder, model, before, steps())
    files = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    with pytest.raises(KeyboardInterrupt):
        run(folder, model, after, steps(interrupt_after=4))
    assert {path: path.read_bytes() for path in files} == files
    assert find_classifiers(model) == sorted(path.parent for path in files if path.name == "model.toml")


def test_soft_labels_of_a_second_round(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = {image: (number % 3, (number + 1) % 3) for number, image in enumerate(IMAGES)}
    folder = make_tiles(labels, dropped={4: "too dark"})
    kept = pd.read_parquet(folder.cells).query("dropped == ''")
    split = {"folds": 2, "fold": "all"}
    settings = changed(tiny, split=split, images="all", loss={"kind": "binary-cross-entropy"})
    first = tmp_path / "first.parquet"
    run(folder, tmp_path / "model", settings, steps(), out_of_fold=first)
    settings = changed(settings, soft_weight=0.5)
    said = read_predictions(first).drop(columns="labels").set_index(["image_id", "cell_id"])
    seen = []

    def spy(cells, *others):
        setup = set_up_fold(cells, *others)
        chosen, held_out = cells.training_set, cells.held_out
        targets = np.zeros(chosen.targets.shape, np.float32)
        targets[~held_out], targets[held_out] = setup.data.targets, setup.data.validation_targets
        seen.append((chosen, held_out, targets))
        return setup

    monkeypatch.setattr(train, "set_up_fold", spy)
    second = tmp_path / "second.parquet"
    run(folder, tmp_path / "model", settings, steps(), soft=first, out_of_fold=second)
    assert len(seen) == 2
    for chosen, held_out, used in seen:
        assert len(used) == len(kept) == len(said)
        for image, cell, targets, out in zip(chosen.image_ids, chosen.cell_ids, used, held_out, strict=True):
            own = said.loc[(image, cell)].to_numpy(np.float32)
            shown = np.isin(np.arange(19), labels[image])
            # What is held out is measured against the labels as they were given.
            np.testing.assert_allclose(targets, shown if out else shown * (0.5 + 0.5 * own), rtol=1e-5)
    assert len(read_predictions(second)) == len(kept)


def test_thresholds_are_kept_with_each_fold(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    settings = changed(tiny, **ALL, thresholds={"kind": "one"})
    run(make_tiles(IMAGES), tmp_path / "model", settings, steps())
    for member in read_members([tmp_path / "model"]):
        description = tomllib.loads((member.folder / "model.toml").read_text())
        values = description["thresholds"]["values"]
        assert member.thresholds.tolist() == values
        assert len(set(values)) == 1
        assert round(values[0] / 0.05, 6) in range(2, 19)


def test_a_class_without_training_cells_is_named(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = read_label_set("hpa2021").names
    run(make_tiles(IMAGES), tmp_path / "model", changed(tiny), steps())
    (warning,) = [record.getMessage() for record in caplog.records if "no training cell" in record.message]
    assert ", ".join(names[3:]) in warning
    assert not any(f"{name}," in warning for name in names[:3])


def test_a_class_of_made_cells_is_not_missed(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = changed(tiny, data={"synthetic_negative_fraction": 0.2})
    run(make_tiles(IMAGES), tmp_path / "model", settings, steps())
    (warning,) = [record.getMessage() for record in caplog.records if "no training cell" in record.message]
    assert "Aggresome" in warning
    assert "Negative" not in warning


def test_figures_that_cannot_be_measured_do_not_spoil_the_report(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = dict.fromkeys(("val_loss", "val_accuracy", "val_macro_f1", "val_map", "val_auc"), float("nan"))
    monkeypatch.setattr(trainer, "validation_metrics", lambda *_: figures)
    report = run(make_tiles(IMAGES), tmp_path / "model", changed(tiny), steps())
    assert report.details["validated"]
    assert np.isfinite(list(report.counts.values())).all()

from pathlib import Path

import pytest

from data.errors import InputError
from stages.train import curves
from stages.train.curves import distinguish, draw_classifiers

HISTORY = (
    "epoch,lr,train_loss,val_loss,val_accuracy,val_macro_f1,val_map,seconds,tiles_per_second,wait_seconds\n"
)


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        (["w/model"], ["model"]),
        (["w/a/model", "w/b/model"], ["a", "b"]),
        (["w/model/fold-0", "w/model/fold-1"], ["fold-0", "fold-1"]),
        (["w/a/model/fold-0", "w/b/model"], ["a/model/fold-0", "b/model"]),
        (["w/a/model", "w/a/model/fold-0"], ["model", "model/fold-0"]),
        (["w/a/b/model", "w/b/model"], ["a/b", "b"]),
    ],
)
def test_names_are_what_distinguishes_the_folders(folders: list[str], names: list[str]) -> None:
    assert distinguish([Path("/", folder) for folder in folders]) == names


def test_classifiers_and_folds_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, folder in enumerate(("a/model", "b/model/fold-0", "b/model/fold-10", "b/model/fold-9")):
        (tmp_path / folder).mkdir(parents=True)
        row = f"1,0.1,{number},,,,,1,1,0\n"
        (tmp_path / folder / "metrics.csv").write_text(HISTORY + row)
    drawn = {}
    monkeypatch.setattr(curves, "draw_together", lambda path, trainings: drawn.update(trainings))
    models = [tmp_path / "b" / "model", tmp_path / "a" / "model", tmp_path / "b" / "model" / "fold-9"]
    names = draw_classifiers(models, tmp_path / "curves.png")
    assert names == ["b/model/fold-0", "b/model/fold-9", "b/model/fold-10", "a/model"]
    assert {name: epochs[0].train_loss for name, epochs in drawn.items()} == dict(
        zip(names, (1, 3, 2, 0), strict=True)
    )


def test_a_folder_without_a_training(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no metrics.csv"):
        draw_classifiers([tmp_path], tmp_path / "curves.png")
    for name in ("model/fold-0", "student", "tiles.zarr"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("model/fold-0", "student"):
        (tmp_path / name / "metrics.csv").write_text(HISTORY)
    with pytest.raises(InputError, match=f"give {tmp_path}/model or {tmp_path}/student$"):
        draw_classifiers([tmp_path], tmp_path / "curves.png")
    with pytest.raises(InputError, match="nowhere: no such folder"):
        draw_classifiers([tmp_path / "nowhere"], tmp_path / "curves.png")

from pathlib import Path

from data.labels.label_set import read_label_set
from models.classifiers.descriptions import are_subcell, count_classifiers, know_classes

SUBCELL31 = read_label_set("subcell31").names


def write(folder: Path, backbone: str, classes: str = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text(f'[architecture]\n{classes}\nbackbone.name = "{backbone}"\n')
    return folder


def test_which_models_are_subcell(tmp_path: Path) -> None:
    mine = write(tmp_path / "folds/fold-0", "subcell-bg").parent
    write(tmp_path / "folds/fold-1", "subcell-bg")
    other = write(tmp_path / "other", "convnext")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/model.toml").write_text("architecture = 5")
    assert are_subcell(["subcell", Path("subcell-bg-vit-supcon"), mine])
    assert count_classifiers(["subcell", mine]) == 3
    for models in ([], ["simhpa19"], [mine, other], [other], [tmp_path / "bad"], [tmp_path / "gone"]):
        assert not are_subcell(models)


def test_which_classes_they_know(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine", "subcell-bg", 'class_names = ["a", "b"]')
    assert know_classes(["subcell-rbg"], SUBCELL31)
    assert know_classes([mine], ["a", "b"])
    for models in ([], [mine], ["subcell", mine], ["simhpa19"], [write(tmp_path / "none", "subcell-bg")]):
        assert not know_classes(models, SUBCELL31)

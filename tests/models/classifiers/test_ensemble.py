from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from models.classifiers.ensemble import find_classifiers, group_by_tiles, mean_thresholds, read_members

Save = Callable[..., Path]


def test_a_model_folder_is_itself_or_its_folds_in_order(save: Save, tmp_path: Path) -> None:
    one = save(tmp_path / "one")
    assert find_classifiers(one) == [one]
    for fold in (10, 2, 0):
        save(tmp_path / "folds" / f"fold-{fold}")
    (tmp_path / "folds" / "fold-3").mkdir()
    (tmp_path / "folds" / "metrics.csv").touch()
    assert [path.name for path in find_classifiers(tmp_path / "folds")] == ["fold-0", "fold-2", "fold-10"]


def test_folds_beside_a_table_of_all(save: Save, tmp_path: Path) -> None:
    save(tmp_path / "fold-0")
    (tmp_path / "model.toml").write_text("[thresholds]\n")
    assert find_classifiers(tmp_path) == [tmp_path / "fold-0"]


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_no_classifier(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    found = {"nowhere": "no such folder", "empty": "no trained classifier"}[name]
    with pytest.raises(InputError, match=rf"{name}: {found}; expected .*model\.safetensors.*fold-0"):
        find_classifiers(tmp_path / name)


def test_an_older_classifier_beside_folds(save: Save, tmp_path: Path) -> None:
    save(tmp_path)
    save(tmp_path / "fold-0")
    with pytest.raises(InputError, match="both a classifier and 1 folds"):
        find_classifiers(tmp_path)


def test_members_of_several_folders(save: Save, tmp_path: Path) -> None:
    save(tmp_path / "a" / "fold-0")
    save(tmp_path / "a" / "fold-1")
    save(tmp_path / "b", tiles={"size": 48, "channels": ["red", "green"]})
    members = read_members([tmp_path / "b", tmp_path / "a"])
    assert [str(member.folder.relative_to(tmp_path)) for member in members] == ["b", "a/fold-0", "a/fold-1"]
    groups = group_by_tiles(members)
    assert {settings.size: len(sharing) for settings, sharing in groups.items()} == {48: 1, 32: 2}


@pytest.mark.parametrize(
    ("names", "told"),
    [(["x", "y"], "2 classes, among them y"), (["x"], "1 classes"), (["z", "x"], "in another order")],
)
def test_other_classes(save: Save, tmp_path: Path, names: list[str], told: str) -> None:
    save(tmp_path / "a", class_names=["x", "z"])
    save(tmp_path / "b", class_names=names)
    with pytest.raises(InputError, match=f"b: .*{told}.*expected the 2 classes of .*a, in their order"):
        read_members([tmp_path / "a", tmp_path / "b"])


def test_thresholds_are_averaged(save: Save, tmp_path: Path) -> None:
    both = {"class_names": ["x", "z"], "mode": "multi-label"}
    save(tmp_path / "a", thresholds=[0.1, 0.4], **both)
    save(tmp_path / "b", thresholds=[0.3, 0.8], **both)
    save(tmp_path / "c", **both)
    folders = [tmp_path / name for name in "abc"]
    assert mean_thresholds(read_members(folders[:2])) == pytest.approx([0.2, 0.6])
    assert mean_thresholds(read_members(folders)) == pytest.approx([0.3, (0.4 + 0.8 + 0.5) / 3])
    assert mean_thresholds(read_members(folders[2:])) == pytest.approx([0.5, 0.5])


def test_without_thresholds_a_single_label_is_the_likeliest(save: Save, tmp_path: Path) -> None:
    single = save(tmp_path / "single")
    several = save(tmp_path / "several", mode="multi-label")
    assert mean_thresholds(read_members([single, single])) is None
    assert mean_thresholds(read_members([single, several])) == pytest.approx(np.full(19, 0.5))


@pytest.mark.parametrize("values", ["[0.5]", "[0.5, 1.5]", '["a", "b"]', "0.5", "[nan, 0.5]"])
def test_thresholds_that_are_none(save: Save, tmp_path: Path, values: str) -> None:
    save(tmp_path, thresholds=values, class_names=["x", "z"])
    with pytest.raises(InputError, match=r"model\.toml: thresholds\.values = .*expected 2 numbers of 0\.\.1"):
        read_members([tmp_path])

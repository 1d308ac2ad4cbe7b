import tomllib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tomli_w

from data.errors import InputError
from models.classifiers.ensemble.members import (
    find_classifiers,
    group_by_tiles,
    mean_thresholds,
    read_members,
    warn_of_versions,
)

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


def test_one_warning_of_classifiers_of_other_libraries(
    save: Save, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folders = [save(tmp_path / f"fold-{fold}") for fold in range(3)]
    warn_of_versions(read_members(folders))
    assert caplog.messages == []
    for folder in folders[1:]:
        path = folder / "model.toml"
        text = path.read_text()
        assert f'opencv = "{cv2.__version__}"' in text
        path.write_text(text.replace(f'opencv = "{cv2.__version__}"', 'opencv = "4.14.0"'))
    warn_of_versions(read_members(folders))
    [message] = caplog.messages
    assert message.startswith(f"{folders[1]} and 1 more: trained with OpenCV 4.14.0 ({cv2.__version__} is")


@pytest.mark.parametrize("versions", [{}, {"versions": "old"}, {"versions": {"openvino": 2024}}])
def test_models_that_name_no_versions(
    save: Save, tmp_path: Path, versions: dict, caplog: pytest.LogCaptureFixture
) -> None:
    path = save(tmp_path) / "model.toml"
    description = tomllib.loads(path.read_text())
    del description["versions"]
    path.write_text(tomli_w.dumps(description | versions))
    warn_of_versions(read_members([tmp_path]))
    assert caplog.messages == []

from pathlib import Path

import pytest

from models.classifiers.bundled import BUNDLED, find_classifier_folder, name_bundled


@pytest.mark.parametrize("name", BUNDLED)
def test_a_folder_without_a_classifier_is_not_taken_for_a_bundled_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of images, for example, that has its name; one with a classifier, or with folds, is."""
    bundled = find_classifier_folder(name)
    monkeypatch.chdir(tmp_path)
    here = Path(name)
    (here / "images").mkdir(parents=True)
    assert find_classifier_folder(name) == bundled
    assert name_bundled(bundled) == name
    assert find_classifier_folder(tmp_path / name) == tmp_path / name
    (here / "fold-0").mkdir()
    assert find_classifier_folder(name) == here
    (here / "fold-0").rmdir()
    (here / "model.toml").touch()
    assert find_classifier_folder(name) == here

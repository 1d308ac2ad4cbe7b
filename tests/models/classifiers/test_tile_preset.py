from pathlib import Path

import pytest

from data.errors import InputError
from models.classifiers.tile_preset import find_field_px, find_preset


def write(folder: Path, preset: str | None) -> Path:
    folder.mkdir(parents=True)
    line = "" if preset is None else f'preset = "{preset}"\n'
    (folder / "model.toml").write_text(f"[architecture.tiles]\nsize = 32\n{line}")
    return folder


def test_what_descriptions_and_names_say(tmp_path: Path) -> None:
    assert find_preset([write(tmp_path / "old", None)]) == "cell"
    assert find_preset([write(tmp_path / "new", "subcell-640")]) == "subcell-640"
    assert find_preset(["simhpa19"]) == "cell"
    assert find_preset([Path("subcell")]) == find_preset(["subcell-bg-vit-supcon"]) == "subcell"
    # A folder of that name says itself what it takes.
    assert find_preset([write(tmp_path / "subcell-mine", "cell")]) == "cell"


def test_folds(tmp_path: Path) -> None:
    for fold in range(2):
        write(tmp_path / f"model/fold-{fold}", "subcell")
    assert find_preset([tmp_path / "model"]) == "subcell"


def test_what_cannot_be_read_is_left_to_what_loads_it(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/model.toml").write_text("architecture = 5")
    assert find_preset([tmp_path / "bad", tmp_path / "gone"]) is None
    assert find_preset([write(tmp_path / "future", "nuclei")]) is None


def test_classifiers_of_different_presets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="simhpa19: tiles of the preset cell, where subcell takes"):
        find_preset(["subcell", "simhpa19"])


def test_the_size_of_whole_fields(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", "field"), write(tmp_path / "b", "field")
    assert find_preset([first]) == "field"
    assert find_field_px([first, second]) == 32
    assert find_field_px(["simhpa19"]) is None
    (second / "model.toml").write_text('[architecture.tiles]\npreset = "field"\nsize = 64\n')
    with pytest.raises(InputError, match="b: fields of 64 px, where .*a takes those of 32 px"):
        find_field_px([first, second])
    with pytest.raises(InputError, match="the preset cell, where .*a takes those of field"):
        find_field_px([first, "simhpa19"])

from pathlib import Path
from typing import Literal

import pytest

from data.errors import InputError
from pipeline.config import find_recipe, load_config
from stages.stage import StageSettings


class CropsSettings(StageSettings):
    neighbours: Literal["mask", "keep"] = "mask"
    min_area: float = 35.0


def crops(file: Path | None = None, assignments: tuple[str, ...] = ()) -> CropsSettings:
    return load_config(file, assignments).settings("crops", CropsSettings)


def test_defaults() -> None:
    assert crops() == CropsSettings()


def test_file_and_assignments_over_it(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[crops]\nneighbours = "keep"\nmin_area = 1\n')
    assert crops(file) == CropsSettings(neighbours="keep", min_area=1)
    assert crops(file, ("crops.min_area=2.5", "crops.neighbours=mask")) == CropsSettings(min_area=2.5)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("crops.nothing=1", "unknown setting crops.nothing; expected one of neighbours, min_area"),
        ("crops.neighbours=maybe", "crops.neighbours = 'maybe': Input should be 'mask' or 'keep'"),
        ("crops.min_area=big", "crops.min_area = 'big'"),
        ("nothing.a=1", r"unknown section \[nothing\]"),
        ("neighbours=keep", "expected section.name=value"),
        ("crops.neighbours", "expected section.name=value"),
    ],
)
def test_bad_assignments(assignment: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        crops(None, (assignment,))


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing.toml: No such file"):
        crops(tmp_path / "nothing.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("[crops\n")
    with pytest.raises(InputError, match="bad.toml: no TOML"):
        crops(bad)


def test_recipe_takes_the_place_of_the_section(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text("min_area = 7\n")
    config = load_config(None, ("train.neighbours=keep",), recipe=str(recipe))
    assert config.settings("train", CropsSettings) == CropsSettings(min_area=7, neighbours="keep")


def test_unknown_recipe_lists_what_there_is() -> None:
    with pytest.raises(InputError, match="no such recipe; expected a TOML file or one of .*hpacells"):
        find_recipe("nonsense")
    assert find_recipe("hpacells").name == "hpacells.toml"

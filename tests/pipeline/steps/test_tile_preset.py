from pathlib import Path

import pytest

from data.errors import InputError
from pipeline.config.config import load_config
from pipeline.steps.tile_preset import choose_preset


@pytest.mark.parametrize(
    ("models", "assignments", "expected"),
    [
        (["simhpa19"], [], "cell"),
        (["subcell"], [], "subcell"),
        (["subcell-rbg"], ["crops.preset=subcell"], "subcell"),
        # The other preset of SubCell may be chosen.
        (["subcell"], ["crops.preset=subcell-640"], "subcell-640"),
        (["gone"], ["crops.preset=subcell"], "subcell"),
        ([], [], "cell"),
        # A training takes the tiles that are there, unless its recipe names some.
        ([], ["crops.preset=subcell"], "subcell"),
        ([], ["train.tiles.preset=subcell"], "subcell"),
    ],
)
def test_the_classifier_decides_unless_the_settings_do(models, assignments, expected: str) -> None:
    assert choose_preset(models, load_config(None, assignments)) == expected


@pytest.mark.parametrize(
    ("models", "assignments"),
    [
        (["simhpa19"], ["crops.preset=subcell"]),
        (["subcell"], ["crops.preset=cell"]),
        ([], ["crops.preset=cell", "train.tiles.preset=subcell"]),
    ],
)
def test_settings_against_the_classifier_are_refused_before_any_work(models, assignments) -> None:
    with pytest.raises(InputError, match="leave it out: run sets it by itself"):
        choose_preset(models, load_config(None, assignments))


def test_the_whole_job_is_of_cells(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a classifier of whole fields; expected one of cells"):
        choose_preset([], load_config(None, ["train.unit=field"]))
    (tmp_path / "model.toml").write_text('[architecture.tiles]\npreset = "field"\nsize = 512\n')
    with pytest.raises(InputError, match="a classifier of whole fields; expected one of cells"):
        choose_preset([tmp_path], load_config(None))

from pathlib import Path

import pytest

from data.errors import InputError
from data.tiles.preparation import TileSettings
from data.tiles.tile_presets import PRESETS
from stages.train.cells.tile_preset import follow_preset
from stages.train.settings import TrainSettings

WHERE = Path("work/tiles.zarr")


class Tiles:
    def __init__(self, preset: str) -> None:
        self.preset, self.size = preset, PRESETS[preset].size


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_recipe_that_names_no_preset_takes_the_tiles_that_are_there(preset) -> None:
    settings = TrainSettings(tiles=TileSettings(size=64))
    assert follow_preset(settings, Tiles(preset), WHERE).tiles == TileSettings(size=64, preset=preset)


def test_a_recipe_that_names_another_preset_is_refused() -> None:
    settings = TrainSettings(tiles=TileSettings(size=448, preset="subcell"))
    assert follow_preset(settings, Tiles("subcell"), WHERE) is settings
    assert follow_preset(settings, Tiles("subcell-640"), WHERE).tiles.size == 640
    with pytest.raises(InputError, match="preset subcell, which the recipe .train.tiles.preset. takes"):
        follow_preset(settings, Tiles("cell"), WHERE)
    named = TrainSettings(tiles=TileSettings(preset="cell"))
    with pytest.raises(InputError, match="crops.preset=cell"):
        follow_preset(named, Tiles("subcell"), WHERE)


class Fields:
    preset, size = "field", 256


def test_whole_fields_have_a_size_of_their_own() -> None:
    settings = TrainSettings.model_validate(
        {"unit": "field", "field_px": 256, "image_weight": 0.5, "tiles": {"size": 128, "crop": 96}}
    )
    followed = follow_preset(settings, Fields(), WHERE)
    assert followed.tiles == TileSettings(preset="field", size=256, crop=192)
    assert followed.image_weight == 0
    with pytest.raises(InputError, match="fields of 256 px; expected fields of 512 px"):
        follow_preset(settings.model_copy(update={"field_px": 512}), Fields(), WHERE)
    with pytest.raises(InputError, match=r"tiles of cells; expected tiles of fields"):
        follow_preset(settings, Tiles("cell"), WHERE)
    with pytest.raises(InputError, match=r"tiles of whole fields; expected tiles of cells"):
        follow_preset(TrainSettings(), Fields(), WHERE)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"field_px": 256}, "set unit"),
        ({"tiles": {"preset": "field"}}, "set unit"),
        ({"unit": "field", "tiles": {"preset": "subcell"}}, "is of cells"),
        ({"unit": "field", "tiles": {"channels": ["green", "cell_mask"]}}, "cell_mask is of cells"),
        ({"unit": "field", "loss": {"kind": "cross-entropy"}}, "one label per tile"),
    ],
)
def test_settings_of_fields_that_contradict_each_other(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TrainSettings.model_validate(settings)


def test_fields_are_of_any_number_of_classes() -> None:
    settings = TrainSettings.model_validate({"unit": "field", "images": "single"})
    assert (settings.images, settings.loss.kind) == ("all", "binary-cross-entropy")

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

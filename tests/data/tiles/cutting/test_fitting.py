import pytest

from data.errors import InputError
from data.tiles.cutting.fitting import fit_tiles
from data.tiles.preparation import TileSettings
from data.tiles.tile_presets import PRESETS


class Tiles:
    def __init__(self, preset: str) -> None:
        self.preset, self.size = preset, PRESETS[preset].size


@pytest.mark.parametrize("preset", list(PRESETS))
def test_tiles_of_the_same_preset_are_taken_as_they_are(preset) -> None:
    settings = TileSettings(preset=preset, size=32, crop=16)
    assert fit_tiles(settings, Tiles(preset), "here") == settings


def test_whole_tiles_of_the_other_preset_of_subcell_are_taken_at_their_own_size() -> None:
    settings = TileSettings(preset="subcell", size=448, channels=("red", "blue", "green"))
    fitted = fit_tiles(settings, Tiles("subcell-640"), "here")
    assert fitted == TileSettings(preset="subcell-640", size=640, channels=("red", "blue", "green"))


@pytest.mark.parametrize(
    ("settings", "there"),
    [
        ({"preset": "subcell", "size": 448}, "cell"),
        ({}, "subcell"),
        ({"size": 448}, "subcell"),
        # Made smaller, they would be of a scale that nobody trained with.
        ({"preset": "subcell", "size": 224}, "subcell-640"),
        ({"preset": "subcell", "size": 448, "crop": 400}, "subcell-640"),
    ],
)
def test_others_are_refused(settings: dict[str, object], there: str) -> None:
    with pytest.raises(InputError, match=f"here: tiles of the preset {there}, .*crops.preset="):
        fit_tiles(TileSettings.model_validate(settings), Tiles(there), "here")


def test_settings_of_earlier_versions_are_of_cells() -> None:
    assert TileSettings.model_validate({"size": 64}).preset == "cell"


class Fields:
    preset, size = "field", 256


def test_whole_fields_are_for_classifiers_of_fields_alone() -> None:
    settings = TileSettings(preset="field", size=256, crop=128)
    assert fit_tiles(settings, Fields(), "here") is settings
    with pytest.raises(InputError, match=r"fields of 256 px; expected fields of 512 px"):
        fit_tiles(TileSettings(preset="field", size=512), Fields(), "here")
    for preset in PRESETS:
        with pytest.raises(InputError, match="here: tiles of whole fields; expected tiles of cells"):
            fit_tiles(TileSettings(preset=preset, size=256), Fields(), "here")
        with pytest.raises(InputError, match="here: tiles of cells; expected tiles of whole fields"):
            fit_tiles(settings, Tiles(preset), "here")

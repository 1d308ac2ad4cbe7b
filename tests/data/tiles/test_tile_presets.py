import numpy as np
import pytest

from data.errors import InputError
from data.tiles.tile_presets import PRESETS, are_alike, check_preset, check_preset_name


class Tiles:
    preset, size = "cell", 256


@pytest.mark.parametrize(
    ("preset", "pixel_size_um", "side"),
    [
        ("subcell", 0.08, 896),
        # The two figures of HPA's own fields are one size.
        ("subcell", 0.0800885, 896),
        ("subcell", 0.16, 448),
        ("subcell", 0.1, 717),
        # Halved once, so that the side is even.
        ("subcell", 0.05, 1434),
        ("subcell", 0.04, 1792),
        ("subcell", 500.0, 1),
        ("subcell-640", 0.08, 640),
        ("subcell-640", 0.2, 256),
    ],
)
def test_windows_are_of_one_size_in_um(preset: str, pixel_size_um: float, side: int) -> None:
    y0, x0, found = PRESETS[preset].find_square(np.array([100, 200, 151, 301]), pixel_size_um)
    assert found == side
    # Around the middle of the box, as HPACellSegmentatorPortable has it.
    assert (y0, x0) == ((100 + 151) // 2 - side // 2, (200 + 301) // 2 - side // 2)


def test_the_usual_square_is_as_long_as_the_box() -> None:
    assert PRESETS["cell"].find_square(np.array([100, 200, 151, 301]), 2.0) == (75, 200, 101)


@pytest.mark.parametrize(("pixel_size_um", "margin"), [(0.08, 3), (0.0800885, 3), (0.16, 2), (0.03, 8)])
def test_the_margin_is_of_one_size_in_um(pixel_size_um: float, margin: int) -> None:
    assert PRESETS["subcell"].find_margin(pixel_size_um) == margin
    assert PRESETS["cell"].find_margin(pixel_size_um) == 0


def test_tiles_of_another_preset_are_refused_with_the_command_that_makes_the_right_ones() -> None:
    check_preset(Tiles(), "cell", "here")
    with pytest.raises(InputError) as caught:
        check_preset(Tiles(), "subcell", "work/tiles.zarr", "the classifier subcell-rybg")
    message = str(caught.value)
    assert message.startswith("work/tiles.zarr: tiles of the preset cell, 256 px")
    assert "which the classifier subcell-rybg takes" in message
    assert "`hpacells crops IMAGES --set crops.preset=subcell`" in message
    assert "\n" not in message


def test_names() -> None:
    check_preset_name("subcell-640", "here")
    with pytest.raises(InputError, match="one of cell, subcell, subcell-640"):
        check_preset_name("SubCell", "here")
    assert are_alike("subcell", "subcell-640")
    assert not are_alike("cell", "subcell")

from pathlib import Path
from typing import Any

import pytest
import tifffile

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.fields.pixel_size import PixelSize, resolve_pixel_size
from tests.factories.images.writers import PLANE


def write(folder: Path, sizes: dict[str, tuple[float, float]]) -> Field:
    """Write a field whose files state sizes (x, y) in um."""
    for channel in CHANNELS:
        options: dict[str, Any] = {}
        if channel in sizes:
            x, y = sizes[channel]
            units = {"PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm"}
            options = {"ome": True, "metadata": {"PhysicalSizeX": x, "PhysicalSizeY": y, **units}}
        tifffile.imwrite(folder / f"a_{channel}.tif", PLANE, **options)
    return find_fields(folder)[0]


def test_what_the_files_state_is_used(tmp_path: Path) -> None:
    field = write(tmp_path, dict.fromkeys(CHANNELS, (0.32, 0.32)))
    assert resolve_pixel_size(field) == PixelSize(0.32, "OME-XML")


def test_one_channel_may_speak_for_all(tmp_path: Path) -> None:
    assert resolve_pixel_size(write(tmp_path, {"yellow": (0.1, 0.1)})) == PixelSize(0.1, "OME-XML")


def test_nothing_stated(tmp_path: Path) -> None:
    assert resolve_pixel_size(write(tmp_path, {})) == PixelSize(0.08, "assumed")


def test_a_setting_wins_and_keeps_what_is_stated(tmp_path: Path) -> None:
    field = write(tmp_path, {"red": (0.32, 0.32)})
    assert resolve_pixel_size(field, 0.16) == PixelSize(0.16, "setting", 0.32, "OME-XML")
    assert resolve_pixel_size(field, 0.321) == PixelSize(0.321, "setting")


def test_rounded_sizes_are_one(tmp_path: Path) -> None:
    field = write(tmp_path, {"red": (0.1, 0.1003), "blue": (0.1004, 0.1004)})
    assert resolve_pixel_size(field).um == pytest.approx(0.1, rel=0.01)


def test_several_sizes_in_a_field_are_refused(tmp_path: Path) -> None:
    field = write(tmp_path, {"red": (0.1, 0.1), "blue": (0.2, 0.2)})
    with pytest.raises(InputError, match=r"blue has pixels of 0.2 um but red of 0.1 um.*pixel_size_um"):
        resolve_pixel_size(field)
    assert resolve_pixel_size(field, 0.2).um == 0.2


def test_pixels_that_are_not_square_are_refused(tmp_path: Path) -> None:
    field = write(tmp_path, {"red": (0.1, 0.2)})
    with pytest.raises(InputError, match=r"red has pixels of 0.2 x 0.1 um .rows, columns.*square"):
        resolve_pixel_size(field)
    assert resolve_pixel_size(field, 0.1).um == 0.1


@pytest.mark.parametrize("size", [6.5, 0.001, 352.8])
def test_a_size_of_no_light_microscope_is_not_used(tmp_path: Path, size: float) -> None:
    field = write(tmp_path, {"red": (size, size)})
    assert resolve_pixel_size(field) == PixelSize(0.08, "assumed", size, "OME-XML")


def test_files_that_cannot_be_read_say_nothing(tmp_path: Path) -> None:
    field = write(tmp_path, {"red": (0.2, 0.2)})
    field.files["blue"].write_bytes(b"no image")
    assert resolve_pixel_size(field).um == 0.2
    field.files["red"].unlink()
    assert resolve_pixel_size(field).source == "assumed"

"""Fields whose channels are stacks: the same slice of each."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.image_folder import find_fields
from data.fields.image_settings import ImageSettings
from tests.factories.images.writers import draw_plane

FOCUS = {"red": 0, "green": 3, "blue": 2, "yellow": 1}


def stack(channel: str, count: int = 4) -> np.ndarray:
    plane = draw_plane(CHANNELS.index(channel))
    return np.stack([cv2.GaussianBlur(plane, (0, 0), 0.3 + abs(z - FOCUS[channel])) for z in range(count)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for channel in CHANNELS:
        tifffile.imwrite(tmp_path / f"a_{channel}.tif", stack(channel), imagej=True, metadata={"axes": "ZYX"})
    return tmp_path


@pytest.mark.parametrize(("z", "expected"), [("middle", 2), ("sharpest", 2), ("0", 0), ("3", 3)])
@pytest.mark.parametrize("channels", [CHANNELS, ("red", "green"), ("yellow",)])
def test_the_same_slice_of_every_channel(folder: Path, z: str, expected: int, channels: tuple) -> None:
    (field,) = find_fields(folder, ImageSettings(z=z))
    for channel, plane in zip(channels, field.read(channels), strict=True):
        assert np.array_equal(plane, stack(channel)[expected])


def test_the_brightest_values_of_every_channel(folder: Path) -> None:
    (field,) = find_fields(folder, ImageSettings(z="max"))
    for channel, plane in zip(CHANNELS, field.read(), strict=True):
        assert np.array_equal(plane, stack(channel).max(axis=0))


def test_stacks_are_refused_unless_chosen_from(folder: Path) -> None:
    (field,) = find_fields(folder)
    with pytest.raises(InputError, match=r"a_red.tif: a stack of 4 slices.*images.z"):
        field.read()


def test_as_many_slices_in_every_channel(folder: Path) -> None:
    tifffile.imwrite(folder / "a_blue.tif", stack("blue", 3), imagej=True, metadata={"axes": "ZYX"})
    (field,) = find_fields(folder, ImageSettings(z="middle"))
    with pytest.raises(
        InputError, match=r"field a: stacks of 4 .red., 4 .green., 3 .blue., 4 .yellow. slices"
    ):
        field.read()
    assert replace(field).read(["red", "green"]).shape[0] == 2


def test_single_planes_do_not_mind_the_setting(tmp_path: Path) -> None:
    for channel in CHANNELS:
        cv2.imwrite(str(tmp_path / f"a_{channel}.png"), draw_plane())
    for z in ("middle", "sharpest", "max", "3"):
        (field,) = find_fields(tmp_path, ImageSettings(z=z))
        assert np.array_equal(field.read(["red"])[0], draw_plane())

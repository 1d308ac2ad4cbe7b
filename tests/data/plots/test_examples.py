from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.plots.examples import Example, draw_channels, draw_one_a_class, read_example


def write_field(folder: Path, channels: tuple[str, ...], shape: tuple[int, int], brightest: int) -> Field:
    """A field whose channels are black but for a bright left quarter (red), second quarter (green) .."""
    dtype = np.uint8 if brightest < 256 else np.uint16
    for channel in channels:
        plane = np.zeros(shape, dtype)
        start = CHANNELS.index(channel) * shape[1] // 4
        plane[:, start : start + shape[1] // 4] = brightest
        cv2.imwrite(str(folder / f"one_{channel}.png"), plane)
    return find_fields(folder)[0]


@pytest.mark.parametrize(("brightest", "full_scale"), [(90, None), (20_000, None), (900, 1023)])
def test_channels_are_shrunk_and_stretched(tmp_path: Path, brightest: int, full_scale: int | None) -> None:
    field = replace(write_field(tmp_path, CHANNELS, (200, 400), brightest), full_scale=full_scale)
    example = read_example(field, 100)
    assert (example.image_id, example.missing) == ("one", ())
    assert example.image.shape == (4, 50, 100)
    expected = np.zeros((4, 50, 100), np.uint8)
    for channel in range(4):
        expected[channel, :, channel * 25 : channel * 25 + 25] = 255
    np.testing.assert_array_equal(example.image, expected)


def test_a_missing_channel_is_black_and_named(tmp_path: Path) -> None:
    example = read_example(write_field(tmp_path, ("red", "blue"), (64, 64), 200), 64)
    assert example.missing == ("green", "yellow")
    assert [plane.max() for plane in example.image] == [255, 0, 255, 0]


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    field = write_field(tmp_path, CHANNELS, (64, 64), 200)
    (tmp_path / "one_blue.png").write_bytes(b"no image")
    with pytest.raises(InputError, match="one_blue"):
        read_example(field, 64)


def test_pictures_show_the_channels(tmp_path: Path) -> None:
    example = read_example(write_field(tmp_path, CHANNELS, (80, 80), 200), 80)
    wide = Example("wide", np.full((4, 40, 80), 255, np.uint8), ("yellow",))
    examples = [(example, "one\na caption"), (wide, "wide\n" + "a caption that is much too long " * 5)]
    draw_channels(tmp_path / "channels.png", examples, 80)
    picture = cv2.imread(str(tmp_path / "channels.png"))[..., ::-1]
    assert picture.shape[1] > picture.shape[0] > 160
    for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255)):
        assert (picture == colour).all(axis=-1).sum() > 500
    draw_one_a_class(tmp_path / "classes.png", [*examples, *examples], 80)
    picture = cv2.imread(str(tmp_path / "classes.png"))[..., ::-1]
    assert 3 * 160 <= picture.shape[1] < 3 * 180
    # Two rows of three; two of the four are the field of four channels.
    assert (picture == (0, 255, 0)).all(axis=-1).sum() > 2 * 500

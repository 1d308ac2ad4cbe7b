import itertools
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.image_folder import find_fields
from data.images.colour import signal_plane
from tests.factories.images.writers import draw_plane

HERE = Path("a_red.png")
PLANE = draw_plane(shape=(256, 288))


def paint(plane: np.ndarray, colour: tuple[float, float, float]) -> np.ndarray:
    return np.rint(plane[..., None] * np.array(colour)).astype(plane.dtype)


@pytest.mark.parametrize("colour", [c for c in itertools.product((0, 1), repeat=3) if any(c)])
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_primary_and_mixed_colour(colour, channel: str, dtype: type) -> None:
    plane = PLANE.astype(dtype) * (1 if dtype == np.uint8 else 257)
    assert np.array_equal(signal_plane(paint(plane, colour), channel, HERE), plane)


@pytest.mark.parametrize(
    "colour", [(1, 0.5, 0), (0.6, 0.1, 1), (1, 0.08, 0.58), (0.2, 1, 0.7), (1, 0.8, 0.4)]
)
def test_any_other_tint_gives_its_brightest_plane(colour) -> None:
    assert np.array_equal(signal_plane(paint(PLANE, colour), "green", HERE), PLANE)


@pytest.mark.parametrize("quality", [50, 75, 95])
@pytest.mark.parametrize(
    ("channel", "planes"), [("red", [0]), ("green", [1]), ("blue", [2]), ("yellow", [0, 1])]
)
def test_errors_of_jpeg_are_no_signal(quality: int, channel: str, planes: list[int]) -> None:
    colour = tuple(float(number in planes) for number in range(3))
    decoded = imagecodecs.jpeg8_decode(imagecodecs.jpeg8_encode(paint(PLANE, colour), level=quality))
    assert np.array_equal(signal_plane(decoded, channel, HERE), decoded[..., planes].max(axis=2))


@pytest.mark.parametrize("missing", [None, 0, 1, 2])
@pytest.mark.parametrize("dim", [1.0, 0.4])
def test_several_stains_are_refused(missing: int | None, dim: float) -> None:
    picture = np.stack([draw_plane(seed, (256, 288)) for seed in (1, 2, 3)], axis=-1)
    picture[..., 1] = picture[..., 1] * dim
    if missing is not None:
        picture[..., missing] = 0
    with pytest.raises(InputError, match="a picture of several colours"):
        signal_plane(picture, "red", HERE)


def test_signal_is_never_lost() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    assert not signal_plane(picture, "red", HERE).any()
    picture[3, 5] = (0, 0, 9)
    assert signal_plane(picture, "red", HERE)[3, 5] == 9


def test_real_tinted_files_are_read_as_the_plane_of_their_tint(shared: Path) -> None:
    planes = {"red": [0], "green": [1], "blue": [2], "yellow": [0, 1]}
    for folder in ("tinted", "cm4ai"):
        for field in find_fields(shared / "hpa" / folder):
            for channel, path in field.files.items():
                decoded = imagecodecs.jpeg8_decode(path.read_bytes())
                if decoded.ndim == 3:
                    expected = decoded[..., planes[channel]].max(axis=2)
                    assert np.array_equal(signal_plane(decoded, channel, path), expected)


def test_real_composites_are_refused(shared: Path) -> None:
    for field in find_fields(shared / "hpa/fields"):
        for stains in (("red", "green", "blue"), ("yellow", "green", "blue")):
            picture = np.moveaxis(field.read(stains), 0, 2)
            with pytest.raises(InputError, match="several colours"):
                signal_plane(picture, "red", HERE)

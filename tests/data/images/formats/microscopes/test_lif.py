from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.images.image_file import describe_file, read_plane
from data.images.picture import Picture
from data.images.plane_address import PlaneAddress
from tests.factories.images.microscope_files import NAMES, draw_positions, write_lif

pytest.importorskip("liffile")

DATA = draw_positions(2, 3)


def test_what_is_said_of_each_image(tmp_path: Path) -> None:
    write_lif(tmp_path / "a.lif", DATA, um=0.08)
    first, second = describe_file(tmp_path / "a.lif")
    assert first.pixel_size_um == pytest.approx((0.08, 0.08))
    assert Picture(**(vars(first) | {"pixel_size_um": None})) == Picture(
        48,
        60,
        "uint16",
        name="Series000",
        channels=NAMES,
        slices=3,
        significant_bits=12,
        pixel_size_source="LIF metadata",
    )
    assert second.name == "Series001"


def test_every_plane(tmp_path: Path) -> None:
    write_lif(tmp_path / "a.lif", DATA)
    for number, z, channel in np.ndindex(2, 3, 4):
        plane = read_plane(tmp_path / "a.lif", "red", PlaneAddress(number, channel, str(z)))
        assert np.array_equal(plane, DATA[number, z, channel])


@pytest.mark.parametrize(("slices", "channels"), [(1, 1), (1, 3), (4, 1)])
def test_axes_of_length_one(tmp_path: Path, slices: int, channels: int) -> None:
    data = draw_positions(1, slices, channels=channels)
    write_lif(tmp_path / "a.lif", data)
    (picture,) = describe_file(tmp_path / "a.lif")
    assert (picture.slices, len(picture.channels)) == (slices, channels)
    plane = read_plane(tmp_path / "a.lif", "red", PlaneAddress(0, channels - 1, str(slices - 1)))
    assert np.array_equal(plane, data[0, -1, -1])


def test_a_colour_of_display_is_no_stain(tmp_path: Path) -> None:
    write_lif(tmp_path / "a.lif", DATA, names=())
    assert describe_file(tmp_path / "a.lif")[0].channels == ("shown in gray",) * 4


def test_a_truncated_file(tmp_path: Path) -> None:
    write_lif(tmp_path / "a.lif", DATA)
    path = tmp_path / "a.lif"
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match="unreadable or truncated"):
        read_plane(path, "red", PlaneAddress(1, 3, "2"))


def test_a_scan_in_x_and_z_is_no_picture(tmp_path: Path) -> None:
    write_lif(tmp_path / "a.lif", draw_positions(1, 48), names=())
    path = tmp_path / "a.lif"
    # What is rows becomes slices, and the other way round.
    raw = path.read_bytes()
    for one, other in (("2", "q"), ("3", "2"), ("q", "3")):
        old, new = (f'DimID="{text}"'.encode("utf-16-le") for text in (one, other))
        raw = raw.replace(old, new)
    path.write_bytes(raw)
    assert "expected rows (Y) and columns (X)" in str(describe_file(path)[0].fault)
    with pytest.raises(InputError, match="has the dimensions"):
        read_plane(path, "red", PlaneAddress(0, 0, "0"))

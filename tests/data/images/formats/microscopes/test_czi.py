from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import InputError
from data.images.image_file import describe_file, read_plane
from data.images.picture import Picture
from data.images.plane_address import PlaneAddress
from tests.factories.images.microscope_files import NAMES, draw_positions, write_czi

czi = pytest.importorskip("pylibCZIrw.czi")

DATA = draw_positions(2, 3)


def test_what_is_said_of_each_scene(tmp_path: Path) -> None:
    write_czi(tmp_path / "a.czi", DATA, um=0.08)
    picture = Picture(48, 60, "uint16", channels=NAMES, slices=3, pixel_size_source="CZI metadata")
    for found in describe_file(tmp_path / "a.czi"):
        assert found.pixel_size_um == pytest.approx((0.08, 0.08))
        assert Picture(**(vars(found) | {"pixel_size_um": None})) == picture


def test_every_plane(tmp_path: Path) -> None:
    write_czi(tmp_path / "a.czi", DATA)
    for scene, z, channel in np.ndindex(2, 3, 4):
        plane = read_plane(tmp_path / "a.czi", "red", PlaneAddress(scene, channel, str(z)))
        assert np.array_equal(plane, DATA[scene, z, channel])


def _write(path: Path, tiles: list[tuple[dict[str, Any], np.ndarray]]) -> None:
    with czi.create_czi(str(path)) as writer:
        for options, tile in tiles:
            writer.write(tile if tile.ndim == 3 else tile[..., None], **options)
        writer.write_metadata("test")


def test_one_channel_without_scenes_or_sizes(tmp_path: Path) -> None:
    _write(tmp_path / "a_red.czi", [({}, DATA[0, 0, 0])])
    (picture,) = describe_file(tmp_path / "a_red.czi")
    assert (len(picture.channels), picture.slices, picture.pixel_size_um) == (1, 1, None)
    assert np.array_equal(read_plane(tmp_path / "a_red.czi", "red"), DATA[0, 0, 0])


def test_tiles_are_put_together(tmp_path: Path) -> None:
    left, right = DATA[0, 0, 0], DATA[0, 0, 1]
    _write(tmp_path / "a.czi", [({"location": (0, 0)}, left), ({"location": (60, 0)}, right)])
    assert np.array_equal(read_plane(tmp_path / "a.czi", "red"), np.hstack([left, right]))


def test_a_plane_that_was_not_recorded_is_no_black_picture(tmp_path: Path) -> None:
    planes = [(c, z) for c in range(2) for z in range(2) if (c, z) != (1, 1)]
    _write(tmp_path / "a.czi", [({"plane": {"C": c, "Z": z, "T": 0}}, DATA[0, z, c]) for c, z in planes])
    assert np.array_equal(read_plane(tmp_path / "a.czi", "red", PlaneAddress(0, 1, "0")), DATA[0, 0, 1])
    with pytest.raises(InputError, match="channel 1, slice 1 of scene 0 was not recorded"):
        read_plane(tmp_path / "a.czi", "red", PlaneAddress(0, 1, "1"))


def test_time_points_are_refused(tmp_path: Path) -> None:
    _write(tmp_path / "a.czi", [({"plane": {"C": 0, "Z": 0, "T": t}}, DATA[0, t, 0]) for t in range(2)])
    with pytest.raises(InputError, match="2 time points"):
        read_plane(tmp_path / "a.czi", "red", PlaneAddress(0, 0, "max"))


def test_colours_are_red_green_blue(tmp_path: Path) -> None:
    picture = np.zeros((48, 60, 3), np.uint8)
    picture[..., 0] = 250
    _write(tmp_path / "a.czi", [({}, np.ascontiguousarray(picture[..., ::-1]))])
    (described,) = describe_file(tmp_path / "a.czi")
    assert described.colour
    plane = read_plane(tmp_path / "a.czi", "red")
    assert (plane == 250).all()


def test_8_bit_and_floating_point(tmp_path: Path) -> None:
    _write(tmp_path / "a.czi", [({}, (DATA[0, 0, 0] % 256).astype(np.uint8))])
    assert np.array_equal(read_plane(tmp_path / "a.czi", "red"), DATA[0, 0, 0] % 256)
    _write(tmp_path / "b.czi", [({}, (DATA[0, 0, 0] / 4096).astype(np.float32))])
    expected = np.rint((DATA[0, 0, 0] / 4096).astype(np.float32) * 65535)
    assert np.array_equal(read_plane(tmp_path / "b.czi", "red"), expected)

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.fields.image_settings import ImageSettings
from data.fields.pixel_size import resolve_pixel_size
from tests.factories.images.microscope_files import (
    NAMES,
    STAINS,
    draw_positions,
    write_czi,
    write_imagej,
    write_lif,
    write_ome_tiff,
    write_ome_zarr,
    write_plate,
)

DATA = draw_positions()
BY_NUMBER = "blue=0,green=1,red=2,yellow=3"


def _each(write: Callable[..., None], ending: str, **options: Any) -> Callable[[Path], None]:
    def write_all(folder: Path) -> None:
        for number, position in enumerate(DATA):
            write(folder / f"f{number}{ending}", position, **options)

    return write_all


WRITERS: dict[str, tuple[Callable[[Path], None], str, list[str]]] = {
    "OME-TIFF": (lambda d: write_ome_tiff(d / "a.ome.tif", DATA), "auto", ["a_pos-0", "a_pos-1"]),
    "ImageJ": (_each(write_imagej, ".tif"), BY_NUMBER, ["f0", "f1"]),
    "OME-Zarr 0.4": (_each(write_ome_zarr, ".zarr", version="0.4"), "auto", ["f0", "f1"]),
    "OME-Zarr 0.5": (_each(write_ome_zarr, ".ome.zarr"), "auto", ["f0", "f1"]),
    "plate 0.4": (lambda d: write_plate(d / "p.zarr", {"A/1": DATA}, "0.4"), "auto", ["p_A1_0", "p_A1_1"]),
    "plate 0.5": (lambda d: write_plate(d / "p.zarr", {"A/1": DATA}), "auto", ["p_A1_0", "p_A1_1"]),
    "CZI": (lambda d: write_czi(d / "c.czi", DATA), "auto", ["c_0", "c_1"]),
    "LIF": (lambda d: write_lif(d / "l.lif", DATA), "auto", ["l_Series000", "l_Series001"]),
}


def find(folder: Path, **settings: Any) -> list[Field]:
    return find_fields(folder, ImageSettings(full_scale=65535, **settings))


def focus(plane: np.ndarray) -> float:
    return float(plane.astype(float).var() / plane.astype(float).mean())


@pytest.mark.parametrize("kind", list(WRITERS))
def test_every_position_is_a_field_with_its_planes(tmp_path: Path, kind: str) -> None:
    write, channels, ids = WRITERS[kind]
    write(tmp_path)
    for z in ("0", "4", "middle", "max", "sharpest"):
        fields = find(tmp_path, z=z, channels=channels)
        assert [field.image_id for field in fields] == ids
        for field, position in zip(fields, DATA, strict=True):
            sharpest = int(np.argmax([focus(planes[0]) for planes in position]))
            expected = {
                "middle": position[2],
                "max": position.max(axis=0),
                "sharpest": position[sharpest],
            }.get(z, position[int(z) if z.isdecimal() else 0])
            assert np.array_equal(field.read(STAINS), expected)
            assert resolve_pixel_size(field).um == pytest.approx(0.1)


@pytest.mark.parametrize("kind", list(WRITERS))
def test_a_stack_without_a_choice_is_refused(tmp_path: Path, kind: str) -> None:
    write, channels, _ = WRITERS[kind]
    write(tmp_path)
    with pytest.raises(InputError, match=r"a stack of 5 slices; .*--set images\.z=middle"):
        find(tmp_path, channels=channels)[0].read(STAINS)


def test_channels_taken_by_their_names_are_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    write_ome_tiff(tmp_path / "a.ome.tif", draw_positions(3, 1))
    write_ome_tiff(tmp_path / "b.ome.tif", draw_positions(1, 1))
    assert len(find(tmp_path)) == 4
    told = [message for message in caplog.messages if "channels of" in message]
    assert len(told) == 1
    assert "channels of 4 fields, by their names (--channels overrides it): 2 (tubulin) -> red" in told[0]


def test_channels_without_clear_names_are_listed_with_the_option(tmp_path: Path) -> None:
    data = draw_positions(1, 1)
    write_ome_tiff(tmp_path / "a.ome.tif", data, names=("405", "488", "561", "640"))
    with pytest.raises(InputError, match=r"channels 0 \(405\), 1 \(488\).*--channels red=[?]"):
        find(tmp_path)
    (field,) = find(tmp_path, channels="blue=405,green=1,red=561,yellow=640")
    assert np.array_equal(field.read(STAINS), data[0, 0])


def test_a_file_without_the_channel_costs_its_field_alone(tmp_path: Path) -> None:
    write_ome_tiff(tmp_path / "good.ome.tif", draw_positions(1, 1))
    write_ome_tiff(tmp_path / "other.ome.tif", draw_positions(1, 1, channels=2), names=("x", "y"))
    (tmp_path / "torn.czi").write_bytes(b"no CZI")
    good, other, torn = find(tmp_path, channels=BY_NUMBER)
    assert good.read().shape[0] == 4
    with pytest.raises(InputError, match=r"other\.ome\.tif: no channel 2; expected one of the channels 0"):
        other.read()
    with pytest.raises(InputError, match=r"torn\.czi: unreadable or truncated"):
        torn.read()


def test_files_named_after_channels_are_read_beside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    data = draw_positions(1, 1)
    write_ome_tiff(tmp_path / "b.ome.tif", data)
    for stain, plane in zip(STAINS, data[0, 0], strict=True):
        tifffile.imwrite(tmp_path / f"a_{stain}.tif", plane)
    tifffile.imwrite(tmp_path / "overview.tif", data[0, 0, 0])
    (tmp_path / "broken.tif").write_bytes(b"no TIFF")
    one, other = find(tmp_path)
    assert (one.image_id, other.image_id) == ("a", "b")
    assert np.array_equal(one.read(), other.read())
    assert any("2 pictures of one channel" in message and "broken" in message for message in caplog.messages)


def test_ids_are_never_shared(tmp_path: Path) -> None:
    data = draw_positions(1, 1)
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        write_ome_tiff(tmp_path / folder / "a.ome.tif", data)
    write_ome_zarr(tmp_path / "x" / "a.zarr", data[0])
    for stain, plane in zip(STAINS, data[0, 0], strict=True):
        tifffile.imwrite(tmp_path / f"a_{stain}.tif", plane)
    fields = find(tmp_path)
    assert [field.image_id for field in fields] == ["a", "x_a_tif", "x_a_zarr", "y_a"]
    assert all(np.array_equal(field.read(STAINS), data[0, 0]) for field in fields)


def test_ids_that_cannot_be_told_apart_cost_these_fields_alone(tmp_path: Path) -> None:
    data = draw_positions(1, 1)
    (tmp_path / "x").mkdir()
    write_ome_tiff(tmp_path / "x" / "a.ome.tif", data)
    write_ome_tiff(tmp_path / "b.ome.tif", data)
    for name in ("a", "x_a", "x_a_tif"):
        for stain, plane in zip(STAINS, data[0, 0], strict=True):
            tifffile.imwrite(tmp_path / f"{name}_{stain}.tif", plane)
    fields = find(tmp_path)
    assert len({field.image_id.casefold() for field in fields}) == len(fields) == 5
    [bad] = [field for field in fields if field.fault is not None]
    assert "two fields of the name x_a" in str(bad.fault)


def test_patterns_of_files_leave_containers_alone(tmp_path: Path) -> None:
    write_ome_tiff(tmp_path / "a.ome.tif", draw_positions(1, 1))
    with pytest.raises(InputError, match="no field found"):
        find(tmp_path, channels="red=*_ch00.tif,blue=*_ch01.tif")


def test_time_points_are_refused_even_where_a_slice_is_chosen(tmp_path: Path) -> None:
    data = draw_positions(1, 3)[0]
    tifffile.imwrite(tmp_path / "t.ome.tif", data, photometric="minisblack", metadata={"axes": "TCYX"})
    write_ome_zarr(tmp_path / "z.zarr", data)
    path = tmp_path / "z.zarr" / "zarr.json"
    path.write_text(
        path.read_text()
        .replace('"name": "t"', '"name": "q"')
        .replace('"name": "z"', '"name": "t"')
        .replace('"name": "q"', '"name": "z"')
    )
    for field in find(tmp_path, channels=BY_NUMBER, z="middle"):
        with pytest.raises(InputError, match="3 time points"):
            field.read()


def test_a_changed_chunk_changes_the_fingerprint(tmp_path: Path) -> None:
    write_ome_zarr(tmp_path / "a.zarr", DATA[0])
    (field,) = find(tmp_path, z="0")
    before = field.fingerprint()
    assert before == find(tmp_path, z="0")[0].fingerprint()
    chunk = next(path for path in (tmp_path / "a.zarr" / "0" / "c").rglob("*") if path.is_file())
    chunk.write_bytes(chunk.read_bytes() + b"x")
    assert field.fingerprint() != before
    shutil.rmtree(tmp_path / "a.zarr")
    assert field.fingerprint()[0][2:4] == (0, 0)


def test_names_of_channels_are_those_of_the_file(tmp_path: Path) -> None:
    write_ome_tiff(tmp_path / "a.ome.tif", draw_positions(1, 1)[:, :, ::-1], names=NAMES[::-1])
    (field,) = find(tmp_path)
    assert {stain: address.channel for stain, address in field.addresses.items()} == {
        "blue": 3,
        "green": 2,
        "red": 1,
        "yellow": 0,
    }


@pytest.mark.parametrize(("value", "z"), [(2, "2"), ("2", "2"), ("max", "max"), ("", "")])
def test_a_slice_may_be_typed_as_a_number(value: object, z: str) -> None:
    assert ImageSettings.model_validate({"z": value}).z == z


@pytest.mark.parametrize("value", ["best", -1, 1.5, "2.0", True])
def test_a_slice_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected middle, sharpest|valid string"):
        ImageSettings.model_validate({"z": value})


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_cut_file_beside_files_named_after_channels_is_a_field_that_cannot_be_read(
    tmp_path: Path, share: float
) -> None:
    data = draw_positions(1, 1)
    for stain, plane in zip(STAINS, data[0, 0], strict=True):
        tifffile.imwrite(tmp_path / f"a_{stain}.tif", plane)
    write_ome_tiff(tmp_path / "b.ome.tif", data)
    content = (tmp_path / "b.ome.tif").read_bytes()
    (tmp_path / "b.ome.tif").write_bytes(content[: int(len(content) * share)])
    good, cut = find(tmp_path)
    assert (good.image_id, cut.image_id) == ("a", "b")
    with pytest.raises(InputError, match=r"b\.ome\.tif: (unreadable or truncated|.* planes)"):
        cut.read()

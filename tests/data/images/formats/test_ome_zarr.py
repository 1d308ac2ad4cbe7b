import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from data.errors import InputError
from data.images.image_file import describe_file, read_plane
from data.images.picture import Picture
from data.images.plane_address import PlaneAddress
from tests.factories.images.microscope_files import (
    NAMES,
    draw_positions,
    open_group,
    put_ome_metadata,
    write_ome_zarr,
    write_plate,
)

DATA = draw_positions(1, 3)[0]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_what_is_said_of_an_image(tmp_path: Path, version: str) -> None:
    write_ome_zarr(tmp_path / "a.ome.zarr", DATA, version=version, um=0.08)
    assert describe_file(tmp_path / "a.ome.zarr") == (
        Picture(
            48,
            60,
            "uint16",
            channels=NAMES,
            slices=3,
            pixel_size_um=(0.08, 0.08),
            pixel_size_source="OME-Zarr metadata",
        ),
    )


@pytest.mark.parametrize(
    ("unit", "scale", "um"),
    [
        ("micrometer", 0.2, 0.2),
        ("nanometer", 200.0, 0.2),
        ("millimeter", 2e-4, 0.2),
        ("", 0.2, None),
        ("pixel", 1.0, None),
    ],
)
def test_units_of_the_pixel_size(tmp_path: Path, unit: str, scale: float, um: float | None) -> None:
    write_ome_zarr(tmp_path / "a.zarr", DATA, um=scale)
    path = tmp_path / "a.zarr" / "zarr.json"
    path.write_text(path.read_text().replace('"micrometer"', json.dumps(unit)))
    size = describe_file(tmp_path / "a.zarr")[0].pixel_size_um
    assert size is None if um is None else size == pytest.approx((um, um))


def test_scales_of_all_levels_are_multiplied(tmp_path: Path) -> None:
    write_ome_zarr(tmp_path / "a.zarr", DATA, um=2.0)
    metadata = open_group(tmp_path / "a.zarr", "0.5").attrs["ome"]
    metadata["multiscales"][0]["coordinateTransformations"] = [
        {"type": "scale", "scale": [1, 1, 1, 0.05, 0.05]},
        {"type": "translation", "translation": [0, 0, 0, 7, 7]},
    ]
    put_ome_metadata(tmp_path / "a.zarr", metadata, "0.5")
    assert describe_file(tmp_path / "a.zarr")[0].pixel_size_um == pytest.approx((0.1, 0.1))


@pytest.mark.parametrize("axes", [None, ["t", "c", "z", "y", "x"]])
def test_versions_that_do_not_describe_their_axes(tmp_path: Path, axes: list[str] | None) -> None:
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=2)
    group.create_array("0", data=DATA.transpose(1, 0, 2, 3)[None])
    entry: dict[str, Any] = {"datasets": [{"path": "0"}], "version": "0.1"}
    group.attrs["multiscales"] = [entry | ({"axes": axes} if axes else {})]
    (picture,) = describe_file(tmp_path / "a.zarr")
    assert (picture.channels, picture.slices, picture.pixel_size_um) == (("",) * 4, 3, None)
    plane = read_plane(tmp_path / "a.zarr", "red", PlaneAddress(0, 2, "1"))
    assert np.array_equal(plane, DATA[1, 2])


@pytest.mark.parametrize("names", ["cyx", "yxc", "cxy", "yx"])
def test_axes_in_any_order(tmp_path: Path, names: str) -> None:
    values = DATA[0, 0] if names == "yx" else DATA[0].transpose(["cyx".index(name) for name in names])
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w")
    group.create_array("full", data=values)
    axes = [{"name": name, "type": "channel" if name == "c" else "space"} for name in names]
    multiscales = [{"axes": axes, "datasets": [{"path": "full"}]}]
    group.attrs["ome"] = {"version": "0.5", "multiscales": multiscales}
    channel = None if names == "yx" else 3
    plane = read_plane(tmp_path / "a.zarr", "red", PlaneAddress(0, channel))
    assert np.array_equal(plane, DATA[0, channel or 0])


@pytest.mark.parametrize("dtype", [">u2", "<u2", "uint8", "float32", "int32"])
def test_values_of_any_type(tmp_path: Path, dtype: str) -> None:
    values = (DATA % 200).astype(dtype)
    write_ome_zarr(tmp_path / "a.zarr", values, version="0.4")
    plane = read_plane(tmp_path / "a.zarr", "red", PlaneAddress(0, 1, "2"))
    assert plane.dtype == (np.uint8 if dtype == "uint8" else np.uint16)
    assert np.array_equal(plane, values[2, 1])


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("listed", [True, False])
def test_a_series_as_bioformats2raw_writes_it(tmp_path: Path, version: str, listed: bool) -> None:
    data = draw_positions(2, 1)
    path = tmp_path / "a.zarr"
    put_ome_metadata(path, {"bioformats2raw.layout": 3}, version)
    open_group(path / "OME", version)
    if listed:
        put_ome_metadata(path / "OME", {"series": ["0", "1"]}, version)
    for number, position in enumerate(data):
        write_ome_zarr(path / str(number), position, version=version)
    assert [picture.name for picture in describe_file(path)] == ["0", "1"]
    assert np.array_equal(read_plane(path, "red", PlaneAddress(1, 2)), data[1, 0, 2])


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_damaged_well_or_field_of_a_plate_fails_alone(tmp_path: Path, version: str) -> None:
    path = tmp_path / "p.zarr"
    write_plate(path, {"A/1": draw_positions(2, 1), "B/2": draw_positions(1, 1)}, version)
    shutil.rmtree(path / "B")
    shutil.rmtree(path / "A" / "1" / "1" / "0")
    first, second, third = describe_file(path)
    assert (first.name, second.name, third.name) == ("A1_0", "A1_1", "B2")
    assert first.fault is None
    assert "no array" in str(second.fault)
    assert "no such folder" in str(third.fault)
    with pytest.raises(InputError, match="no array"):
        read_plane(path, "red", PlaneAddress(1, 0))


def test_label_images_are_no_pictures(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    write_ome_zarr(path, DATA)
    put_ome_metadata(path / "labels", {"labels": ["cells"]}, "0.5")
    write_ome_zarr(path / "labels" / "cells", DATA[:, :1], names=())
    assert len(describe_file(path)) == 1


def test_pixels_that_were_not_copied_are_no_black_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    write_ome_zarr(path, DATA)
    shutil.rmtree(path / "0" / "c")
    with pytest.raises(InputError, match="no chunk of the array is there; .*copy the whole folder"):
        read_plane(path, "red", PlaneAddress(0, 0, "0"))


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({}, "without OME metadata of an image"),
        ({"multiscales": []}, "without multiscales"),
        ({"multiscales": [{"datasets": []}]}, "without multiscales"),
        ({"multiscales": [{"datasets": [{"path": "9"}]}]}, "no array"),
        (
            {"multiscales": [{"axes": ["q", "y", "x"], "datasets": [{"path": "0"}]}]},
            "axes q, y, x of an array",
        ),
    ],
)
def test_metadata_that_are_not_understood(tmp_path: Path, metadata: dict[str, Any], said: str) -> None:
    path = tmp_path / "a.zarr"
    open_group(path, "0.5").create_array("0", data=DATA)
    put_ome_metadata(path, metadata, "0.5")
    with pytest.raises(InputError, match=said):
        read_plane(path, "red", PlaneAddress(0, 0))


def test_metadata_that_are_no_json(tmp_path: Path) -> None:
    write_ome_zarr(tmp_path / "a.zarr", DATA)
    (tmp_path / "a.zarr" / "zarr.json").write_text("{")
    with pytest.raises(InputError, match=r"zarr\.json: no JSON"):
        describe_file(tmp_path / "a.zarr")


def test_only_the_plane_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    write_ome_zarr(path, DATA)
    for chunk in (path / "0" / "c" / "0" / "3").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"damaged")
    assert np.array_equal(read_plane(path, "red", PlaneAddress(0, 0, "max")), DATA[:, 0].max(axis=0))
    with pytest.raises(InputError, match="unreadable or truncated"):
        read_plane(path, "red", PlaneAddress(0, 3, "0"))

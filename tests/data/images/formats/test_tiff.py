"""What TIFF files of several writers say: pixel size, bits, positions and sets of files."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from data.errors import InputError
from data.images.formats.tiff import describe, read
from data.images.plane_address import WHOLE_FILE, PlaneAddress
from tests.factories.images.writers import PLANE, draw_plane, ome_set_xml


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.ome.tif"


@pytest.mark.parametrize(
    ("size", "unit"),
    [(0.16, "µm"), (160, "nm"), (1.6e-4, "mm"), (1.6e-5, "cm"), (1600, "Å"), (160e3, "pm"), (1.6e-7, "m")],
)
def test_pixel_size_of_ome(path: Path, size: float, unit: str) -> None:
    metadata = {
        "PhysicalSizeX": size,
        "PhysicalSizeXUnit": unit,
        "PhysicalSizeY": size,
        "PhysicalSizeYUnit": unit,
    }
    tifffile.imwrite(path, PLANE, ome=True, metadata=metadata)
    (picture,) = describe(path)
    assert picture.pixel_size_um == pytest.approx((0.16, 0.16))
    assert picture.pixel_size_source == "OME-XML"


@pytest.mark.parametrize(
    ("unit", "um"),
    [("micron", 1), ("um", 1), ("\u00b5m", 1), ("nm", 1e-3), ("mm", 1e3), ("cm", 1e4), ("inch", 25400)],
)
def test_pixel_size_of_imagej(tmp_path: Path, unit: str, um: float) -> None:
    path = tmp_path / "a.tif"
    per_unit = um / 0.25
    written = unit if unit.isascii() else "\\u00b5m"
    tifffile.imwrite(path, PLANE, imagej=True, resolution=(per_unit, per_unit), metadata={"unit": written})
    (picture,) = describe(path)
    assert picture.pixel_size_um == pytest.approx((0.25, 0.25), rel=1e-4)
    assert picture.pixel_size_source == "ImageJ"


@pytest.mark.parametrize(("unit", "um"), [("INCH", 25400), ("CENTIMETER", 10000)])
def test_pixel_size_of_resolution_tags(tmp_path: Path, unit: str, um: float) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PLANE, resolution=(um / 0.1, um / 0.2), resolutionunit=unit)
    (picture,) = describe(path)
    assert picture.pixel_size_um == pytest.approx((0.2, 0.1), rel=1e-4)
    assert picture.pixel_size_source == "resolution tags"


@pytest.mark.parametrize("dpi", [1, 72, 96, 150, 300, 600])
def test_resolutions_of_printers_are_no_pixel_size(tmp_path: Path, dpi: int) -> None:
    for options in ({}, {"resolution": (dpi, dpi), "resolutionunit": "INCH"}):
        tifffile.imwrite(tmp_path / "a.tif", PLANE, **options)
        assert describe(tmp_path / "a.tif")[0].pixel_size_um is None


def test_bits_that_a_file_states(tmp_path: Path) -> None:
    def bits(**options: Any) -> int | None:
        tifffile.imwrite(tmp_path / "b.tif", PLANE.astype(np.uint16), **options)
        return describe(tmp_path / "b.tif")[0].significant_bits

    assert bits() is None
    assert bits(bitspersample=12) == 12
    assert bits(extratags=[(281, 3, 1, 16383, True)]) == 14
    assert bits(extratags=[(281, 3, 1, 12345, True)]) is None
    assert bits(ome=True, metadata={"SignificantBits": 10}) == 10


def test_every_file_of_a_set_gives_its_own_plane(tmp_path: Path) -> None:
    planes = [draw_plane(seed) for seed in range(4)]
    for axis in "CZT":
        names = [f"{axis}{number}.ome.tif" for number in range(4)]
        for number, name in enumerate(names):
            tiff_data = "".join(
                f'<TiffData IFD="0" PlaneCount="1" First{axis}="{other}">'
                f'<UUID FileName="{names[other]}">urn:uuid:{axis}{other}</UUID></TiffData>'
                for other in range(4)
            )
            xml = ome_set_xml("set", {axis: 4}, tiff_data, f"urn:uuid:{axis}{number}")
            tifffile.imwrite(tmp_path / name, planes[number], description=xml, metadata=None)
        shutil.copy(tmp_path / names[2], tmp_path / f"renamed {axis}.tif")
        for number, name in enumerate(names):
            assert np.array_equal(read(tmp_path / name, WHOLE_FILE), planes[number])
            (picture,) = describe(tmp_path / name)
            assert (picture.slices, picture.times, len(picture.channels)) == (1, 1, 1)
        assert np.array_equal(read(tmp_path / f"renamed {axis}.tif", WHOLE_FILE), planes[2])
    assert describe(tmp_path / "C2.ome.tif")[0].channels == ("stain 2",)


def test_a_stack_in_each_file_of_a_set(tmp_path: Path) -> None:
    stacks = [np.stack([draw_plane(10 * c + z) for z in range(3)]) for c in range(2)]
    for c, stack in enumerate(stacks):
        tiff_data = "".join(
            f'<TiffData IFD="{z}" PlaneCount="1" FirstC="{other}" FirstZ="{z}">'
            f'<UUID FileName="c{other}.ome.tif">urn:uuid:{other}</UUID></TiffData>'
            for other in range(2)
            for z in range(3)
        )
        xml = ome_set_xml("set", {"C": 2, "Z": 3}, tiff_data, f"urn:uuid:{c}")
        with tifffile.TiffWriter(tmp_path / f"c{c}.ome.tif") as file:
            for z in range(3):
                file.write(stack[z], description=xml if z == 0 else None, metadata=None, contiguous=False)
    for c in range(2):
        (picture,) = describe(tmp_path / f"c{c}.ome.tif")
        assert (picture.channels, picture.slices) == ((f"stain {c}",), 3)
        for z in range(3):
            address = PlaneAddress(z=str(z))
            assert np.array_equal(read(tmp_path / f"c{c}.ome.tif", address), stacks[c][z])


@pytest.mark.parametrize("order", ["TZCYX", "TCZYX", "CTZYX", "ZTCYX"])
def test_channels_and_slices_by_address(path: Path, order: str) -> None:
    sizes = {"T": 1, "Z": 3, "C": 2, "Y": 20, "X": 30}
    data = np.arange(6 * 600, dtype=np.uint16).reshape([sizes[axis] for axis in order])
    tifffile.imwrite(path, data, ome=True, photometric="minisblack", metadata={"axes": order})
    (picture,) = describe(path)
    assert (picture.slices, picture.times, len(picture.channels)) == (3, 1, 2)
    for channel in range(2):
        for z in range(3):
            index = {"T": 0, "Z": z, "C": channel}
            expected = data[tuple(index[axis] for axis in order[:3])]
            assert np.array_equal(read(path, PlaneAddress(0, channel, str(z))), expected)
    with pytest.raises(InputError, match="2 channels; expected a channel number 2"):
        read(path, PlaneAddress(0, 2, "0"))


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("kind", ["reduced", "label"])
def test_thumbnails_are_passed_over_in_any_order(tmp_path: Path, before: bool, kind: str) -> None:
    path = tmp_path / ("a.ome.tif" if kind == "label" else "a.tif")
    small = PLANE[::4, ::4]
    pictures = [("thumbnail of A1", small), ("A1", PLANE)]
    with tifffile.TiffWriter(path, ome=kind == "label") as file:
        for name, data in pictures if before else pictures[::-1]:
            told: dict[str, Any] = {"metadata": {"Name": name}} if kind == "label" else {}
            if kind == "reduced":
                told["subfiletype"] = 1 if data is small else 0
            file.write(data, photometric="minisblack", **told)
    assert len(describe(path)) == 1
    assert np.array_equal(read(path, WHOLE_FILE), PLANE)


def test_positions_are_named_and_read_by_address(path: Path) -> None:
    planes = [draw_plane(seed) for seed in range(3)]
    with tifffile.TiffWriter(path, ome=True) as file:
        for number, data in enumerate(planes):
            file.write(data, photometric="minisblack", metadata={"Name": f"Position {number + 1}"})
    assert [picture.name for picture in describe(path)] == ["Position 1", "Position 2", "Position 3"]
    with pytest.raises(InputError, match=r"3 pictures \(Position 1 112 x 96 px, Position 2"):
        read(path, WHOLE_FILE)
    for number in range(3):
        assert np.array_equal(read(path, PlaneAddress(number, 0)), planes[number])


def test_slices_and_time_points_are_no_stack(path: Path) -> None:
    data = np.zeros((2, 3, 20, 30), np.uint8)
    tifffile.imwrite(path, data, ome=True, photometric="minisblack", metadata={"axes": "TZYX"})
    with pytest.raises(InputError, match="3 slices at 2 time points"):
        read(path, PlaneAddress(z="middle"))


def test_wrong_numbers_of_channels_do_not_matter_for_one_plane(path: Path) -> None:
    for sizes in ({"C": 3}, {"Z": 7}, {"T": 2}):
        xml = ome_set_xml("A1", sizes, "<TiffData/>", "urn:uuid:1")
        tifffile.imwrite(path, PLANE, description=xml, metadata=None)
        assert np.array_equal(read(path, WHOLE_FILE), PLANE)


def test_planes_that_are_not_there(path: Path) -> None:
    xml = ome_set_xml("A1", {"Z": 5}, "<TiffData/>", "urn:uuid:1")
    with tifffile.TiffWriter(path) as file:
        for number in range(2):
            file.write(PLANE, description=xml if number == 0 else None, metadata=None, contiguous=False)
    with pytest.raises(InputError, match="5 planes in the OME-XML and 2 in the file"):
        read(path, PlaneAddress(z="middle"))

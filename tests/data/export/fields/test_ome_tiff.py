"""OME-TIFF read back by tifffile and ome-types."""

import re
from pathlib import Path

import numpy as np
import pytest
import tifffile

from data.channels import CHANNELS
from data.export.fields.ome_tiff import count_levels, halve, write_ome_tiff


def read_metadata(path: Path):
    ome_types = pytest.importorskip("ome_types")
    return ome_types.from_tiff(path).images[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(4, 1301, 777), (3, 61, 97), (4, 513, 512)])
def test_pixels_levels_and_metadata(tmp_path: Path, dtype: type, shape: tuple[int, int, int]) -> None:
    image = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape).astype(dtype)
    path, name = tmp_path / "odd 1.b.ome.tif", 'odd & <1>"é.b'
    assert write_ome_tiff(path, image, CHANNELS[: shape[0]], name, 0.08) == count_levels(*shape[1:])
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        assert len(file.series) == 1
        levels = file.series[0].levels
        assert [level.axes for level in levels] == ["CYX"] * count_levels(*shape[1:])
        np.testing.assert_array_equal(levels[0].asarray(), image)
        for level, above in zip(levels[1:], levels, strict=False):
            assert level.shape[1:] == tuple((side + 1) // 2 for side in above.shape[1:])
            np.testing.assert_array_equal(level.asarray(), halve(above.asarray()))
        assert len(file.pages) == shape[0]
        for page in (page.aspage() for page in file.pages):
            assert page.is_tiled
            assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
            assert len(page.subifds or ()) == len(levels) - 1
        assert file.pages[0].get_resolution("micrometer") == pytest.approx((12.5, 12.5))
    described = read_metadata(path)
    assert described.name == name
    pixels = described.pixels
    assert (pixels.size_c, pixels.size_y, pixels.size_x) == shape
    assert (pixels.physical_size_x, pixels.physical_size_y) == (0.08, 0.08)
    assert pixels.physical_size_x_unit.value == "µm"
    colours = [channel.color.as_rgb_tuple() for channel in pixels.channels]
    assert colours == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)][: shape[0]]
    assert [channel.name for channel in pixels.channels][1:3] == ["protein (green)", "nucleus (blue)"]


def test_an_unknown_pixel_size_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    write_ome_tiff(path, np.ones((2, 30, 40), np.uint8), ("green", "blue"), "a", float("nan"))
    described = read_metadata(path)
    assert described.pixels.physical_size_x is None
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].tags["ResolutionUnit"].value == 1


def test_equal_images_make_equal_files_and_others_have_another_uuid(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (2, 30, 40), np.uint8)
    other = image.copy()
    other[0, 0, 0] ^= 1
    for file, pixels in (("a", image), ("b", image), ("c", other)):
        write_ome_tiff(tmp_path / f"{file}.ome.tif", pixels, ("green", "blue"), "name", 0.08)
    contents = [(tmp_path / f"{file}.ome.tif").read_bytes() for file in "abc"]
    assert contents[0] == contents[1]
    uuids = set()
    for file in "abc":
        with tifffile.TiffFile(tmp_path / f"{file}.ome.tif") as tiff:
            uuids.add(re.search('UUID="urn:uuid:([0-9a-f-]{36})"', tiff.ome_metadata)[1])
    assert len(uuids) == 2


def test_levels_are_not_shifted() -> None:
    y, x = np.mgrid[:101, :75].astype(np.float64)
    image = np.stack([y, x]).astype(np.uint16) * 100
    centre = halve(image).mean(axis=(1, 2))
    np.testing.assert_allclose(centre, image.mean(axis=(1, 2)), atol=1)


def test_a_name_that_xml_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    write_ome_tiff(path, np.ones((1, 30, 40), np.uint8), ("green",), "a\x01b\tc😀", 0.1)
    assert read_metadata(path).name == "a\ufffdb c😀"

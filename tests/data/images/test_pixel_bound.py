import gzip
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr

from data.errors import InputError
from data.images.image_file import describe_file, read_plane
from data.images.pixel_bound import MAX_PIXELS, check_pixels
from data.images.plane_address import PlaneAddress
from tests.factories.images.microscope_files import (
    draw_positions,
    put_ome_metadata,
    write_czi,
    write_imagej,
    write_lif,
    write_ome_tiff,
    write_ome_zarr,
)
from tests.factories.images.writers import png_chunk

DATA = draw_positions(1, 1)
HEIGHT, WIDTH = DATA.shape[-2:]
PLANE = DATA[0, 0, 0]
CHANNEL = PlaneAddress(channel=0)


def _gzip_tiff(path: Path) -> None:
    tifffile.imwrite(path.with_suffix(""), PLANE)
    path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))


FORMATS: dict[str, Callable[[Path], object]] = {
    ".png": lambda path: cv2.imwrite(str(path), PLANE),
    ".jpg": lambda path: path.write_bytes(imagecodecs.jpeg8_encode(PLANE.astype(np.uint8))),
    ".tif": lambda path: tifffile.imwrite(path, PLANE),
    ".tif.gz": _gzip_tiff,
    ".ome.tif": lambda path: write_ome_tiff(path, DATA),
    ".imagej.tif": lambda path: write_imagej(path, DATA[0]),
    ".ome.zarr": lambda path: write_ome_zarr(path, DATA[0]),
    ".czi": lambda path: write_czi(path, DATA),
    ".lif": lambda path: write_lif(path, DATA),
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_picture_has_as_many_pixels_as_are_allowed_or_is_refused(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip({".czi": "pylibCZIrw.czi", ".lif": "liffile"}.get(suffix, "zarr"))
    path = tmp_path / f"a_red{suffix}"
    FORMATS[suffix](path)
    channel = None if suffix in (".png", ".jpg", ".tif", ".tif.gz") else 0
    # ImageJ's hyperstack and the header of a packed file take more bytes than one plane has.
    pixels = HEIGHT * WIDTH
    assert read_plane(path, "red", PlaneAddress(channel=channel, max_pixels=pixels)).shape == (HEIGHT, WIDTH)
    with pytest.raises(InputError) as caught:
        read_plane(path, "red", PlaneAddress(channel=channel, max_pixels=pixels - 1))
    told = f"{path}: a picture of {WIDTH} x {HEIGHT} px; expected at most {pixels - 1} px "
    assert str(caught.value).startswith(told + "(setting images.max_pixels)")
    assert f"--set images.max_pixels={pixels}" in str(caught.value)


def peak_while_refused(path: Path, address: PlaneAddress, match: str) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=match):
            read_plane(path, "red", address)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_small_png_of_many_pixels(tmp_path: Path) -> None:
    side = 50_000
    packer = zlib.compressobj(9)
    rows = packer.compress(bytes(side + 1)) + packer.flush()
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    path = tmp_path / "a_red.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b""))
    peak = peak_while_refused(
        path, PlaneAddress(), "a picture of 50000 x 50000 px.*images.max_pixels=2500000000"
    )
    assert peak < 2**20


def test_a_small_tiff_of_many_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a_red.tif"
    tifffile.imwrite(path, shape=(40_000, 40_000), dtype=np.uint16, data=None, compression=None, tile=None)
    with path.open("r+b") as file:
        file.truncate(4096)
    assert peak_while_refused(path, PlaneAddress(), "a picture of 40000 x 40000 px") < 2**20


def test_a_tiff_of_few_pixels_and_many_channels(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.zeros((64, 64, 200), np.uint16), photometric="minisblack", planarconfig="contig"
    )
    peak = peak_while_refused(
        path, PlaneAddress(channel=0, max_pixels=64 * 64), "have to be unpacked at once"
    )
    assert peak < 2**20


@pytest.mark.parametrize("suffix", [".tif.gz", ".png.gz", ".jpg.gz"])
def test_a_packed_file_is_unpacked_no_further_than_allowed(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a_red{suffix}"
    with gzip.open(path, "wb", 1) as file:
        for _ in range(64):
            file.write(bytes(2**20))
    pixels = 2**20
    peak = peak_while_refused(path, PlaneAddress(max_pixels=pixels), "67 MB that have to be unpacked at once")
    assert peak < 3 * 8 * pixels
    with pytest.raises(InputError, match="--set images.max_pixels=8388608$"):
        read_plane(path, "red", PlaneAddress(max_pixels=pixels))
    # The bound that the message names is enough; what is inside is another matter.
    with pytest.raises(InputError, match="unreadable|no PNG|no end-of-image"):
        read_plane(path, "red", PlaneAddress(max_pixels=8388608))


def test_a_packed_file_is_described_within_the_bound(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((2000, 2000), np.uint16))
    path = tmp_path / "a_red.tif.gz"
    path.write_bytes(gzip.compress((tmp_path / "a.tif").read_bytes()))
    with pytest.raises(InputError, match="8 MB that have to be unpacked"):
        describe_file(path, 100_000)
    assert describe_file(path, 2_000_000)[0].height == 2000


def test_a_chunk_much_larger_than_its_image(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=2)
    array = group.create_array("0", shape=(1, 1, 1, 32, 32), chunks=(1, 1, 1, 20_000, 20_000), dtype="uint16")
    del array
    entry = {"version": "0.4", "datasets": [{"path": "0"}]}
    put_ome_metadata(path, {"multiscales": [entry | {"axes": [{"name": name} for name in "tczyx"]}]}, "0.4")
    assert (
        peak_while_refused(path, PlaneAddress(channel=0, max_pixels=10**7), "800 MB that have to be") < 2**22
    )


def test_fields_of_10000_px_are_allowed() -> None:
    check_pixels(10_000, 10_000, MAX_PIXELS, Path("a.png"))
    with pytest.raises(InputError, match="if it is sound and 5 GB of memory are free"):
        check_pixels(12_000, 12_000, MAX_PIXELS, Path("a.png"))

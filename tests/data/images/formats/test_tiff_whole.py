import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from data.errors import InputError
from data.images.image_file import describe_file, read_plane
from data.images.plane_address import PlaneAddress
from tests.factories.images.writers import PLANE

STACK = np.stack([PLANE // 3, PLANE // 2, PLANE, PLANE // 4, PLANE // 5])


AXES = {"axes": "ZYX"}
OPTIONS = [{}, {"imagej": True, "metadata": AXES}, {"ome": True, "metadata": AXES}, {"metadata": None}]


def tiff(array: np.ndarray, **options: Any) -> bytes:
    memory = io.BytesIO()
    tifffile.imwrite(memory, array, photometric="minisblack", **options)
    return memory.getvalue()


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("compression", ["jpeg", "jpegxr"])
@pytest.mark.parametrize("layout", [{}, {"rowsperstrip": 16}, {"tile": (32, 32)}])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.97])
def test_pixels_that_a_decoder_would_make_up(
    tmp_path: Path, compression: str, layout: dict[str, Any], share: float
) -> None:
    content = tiff(PLANE, compression=compression, **layout)
    whole = read_plane(write(tmp_path / "whole.tif", content), "red")
    assert np.abs(whole.astype(int) - PLANE).mean() < 3
    path = write(tmp_path / "cut.tif", content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"cut\.tif: unreadable or truncated"):
        read_plane(path, "red")


def test_a_jpeg_without_its_end_inside_a_whole_file(tmp_path: Path) -> None:
    content = bytearray(tiff(PLANE, compression="jpeg"))
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        start, count = file.pages.first.dataoffsets[0], file.pages.first.databytecounts[0]
    content[start + count // 2 : start + count] = bytes(count - count // 2)
    with pytest.raises(InputError, match="strip or tile 0: no end-of-image marker"):
        read_plane(write(tmp_path / "a.tif", bytes(content)), "red")


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_a_stack_that_lost_slices(tmp_path: Path, options: dict[str, Any], share: float) -> None:
    content = tiff(STACK, **options)
    brightest = PlaneAddress(z="max")
    assert (read_plane(write(tmp_path / "a.tif", content), "red", brightest) == STACK.max(0)).all()
    path = write(tmp_path / "cut.tif", content[: int(len(content) * share)])
    for read in (describe_file, lambda path: read_plane(path, "red", brightest)):
        with pytest.raises(InputError, match=r"cut\.tif: unreadable or truncated"):
            read(path)


def test_a_stack_of_imagej_in_one_page(tmp_path: Path) -> None:
    description = "ImageJ=1.54f\nimages=5\nslices=5\n"
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(PLANE, photometric="minisblack", description=description, metadata=None)
    whole = (tmp_path / "a.tif").read_bytes()
    rest = STACK[1:].tobytes()
    assert describe_file(write(tmp_path / "b.tif", whole + rest))[0].slices == 5
    with pytest.raises(InputError, match="5 planes need"):
        describe_file(write(tmp_path / "c.tif", whole + rest[:-1]))


def test_a_header_without_pages(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no page in 8 bytes"):
        describe_file(write(tmp_path / "a.tif", tiff(PLANE)[:8]))

"""Every layout of docs/images.md, files that cannot be read, and what describing them says."""

import gzip
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile

from data.errors import InputError
from data.images.image_file import SUFFIXES, describe_file, read_plane
from data.images.plane_address import PlaneAddress
from docs.list_image_layouts import END, PAGE, START, list_layouts
from tests.factories.images.layouts import LAYOUTS, Layout
from tests.factories.images.writers import PLANE


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"{layout.kind}, {layout.layout}")
def test_every_layout_is_read_as_written_or_refused(tmp_path: Path, layout: Layout) -> None:
    path = tmp_path / f"A1_red{layout.ending}"
    layout.write(path)
    if layout.expected is None:
        with pytest.raises(InputError, match="A1_red.*; "):
            read_plane(path, "red", PlaneAddress(z=layout.z))
        return
    plane = read_plane(path, "red", PlaneAddress(z=layout.z))
    assert plane.dtype == layout.expected.dtype
    assert plane.flags.c_contiguous
    assert np.array_equal(plane, layout.expected)
    picture = describe_file(path)[0]
    assert (picture.height, picture.width) == plane.shape


def test_the_table_of_the_docs_is_what_happens(tmp_path: Path) -> None:
    table = PAGE.read_text().partition(START)[2].partition(END)[0].strip()
    assert table == list_layouts(tmp_path), "run python -m docs.list_image_layouts"


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if re.search(r"png|tif|jp", suffix)])
def test_files_that_are_no_images_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a_red{suffix}"
    for content in (b"", b"not an image", gzip.compress(b"not an image")):
        path.write_bytes(content)
        for read in (describe_file, lambda path: read_plane(path, "red")):
            with pytest.raises(InputError, match=r"a_red.*(unreadable|damaged) or truncated"):
                read(path)
    path.unlink()
    with pytest.raises(InputError, match="cannot be opened .No such file"):
        describe_file(path)
    with pytest.raises(InputError, match="cannot be opened .No such file"):
        read_plane(path, "red")


def test_endings_in_any_case(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", PLANE)
    (tmp_path / "A_RED.TIF.GZ").write_bytes(gzip.compress((tmp_path / "a.tif").read_bytes()))
    assert np.array_equal(read_plane(tmp_path / "A_RED.TIF.GZ", "red"), PLANE)


def test_an_ending_of_no_format(tmp_path: Path) -> None:
    (tmp_path / "a.bmp").write_bytes(b"BM")
    with pytest.raises(InputError, match="no known image format"):
        read_plane(tmp_path / "a.bmp", "red")

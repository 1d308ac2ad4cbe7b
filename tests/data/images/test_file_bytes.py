import gzip
import io
import os
from pathlib import Path

import pytest
import tifffile
from PIL import Image

from data.errors import InputError
from data.images.file_bytes import begins_as_tiff, name_content
from data.images.image_file import describe_file, read_plane
from tests.factories.images.writers import PLANE


def encoded(kind: str) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(PLANE).save(memory, kind)
    return memory.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (encoded("png"), "a PNG"),
        (encoded("jpeg"), "a JPEG"),
        (encoded("tiff"), "a TIFF"),
        (encoded("gif"), "a GIF"),
        (encoded("bmp"), "a BMP"),
        (b"", "an empty file"),
        (bytes(9000), "a file that begins with zeros"),
        (b"<!DOCTYPE html><html>404</html>", "a page of a website"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid",
            "a pointer of Git LFS (`git lfs pull` gets the file)",
        ),
        (b"something else", ""),
    ],
)
def test_what_files_are(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / "a.xyz"
    path.write_bytes(content)
    assert name_content(path) == name
    assert begins_as_tiff(path) == (name == "a TIFF")
    packed = tmp_path / "a.xyz.gz"
    packed.write_bytes(gzip.compress(content))
    assert name_content(packed) == name


def test_a_file_of_another_format_than_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded("jpeg"))
    for read in (describe_file, lambda path: read_plane(path, "red")):
        with pytest.raises(
            InputError, match=r"it is a JPEG\); expected a PNG; rename it so that it ends in \.jpg"
        ):
            read(path)
    path = tmp_path / "a.tif"
    path.write_bytes(encoded("gif"))
    with pytest.raises(InputError, match=r"it is a GIF\); expected a TIFF; .* save it as PNG or TIFF"):
        describe_file(path)


def test_a_damaged_file_of_its_own_format_is_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PLANE)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="copy or download it again"):
        read_plane(path, "red")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(InputError, match="a pipe, socket or device; expected an image file"):
        describe_file(tmp_path / "a.png")

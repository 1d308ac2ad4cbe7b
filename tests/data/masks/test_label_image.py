from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from data.errors import InputError
from data.masks.label_image import read_label_image, write_label_image


@given(
    npst.arrays(
        np.uint16, npst.array_shapes(min_dims=2, max_dims=2, max_side=20), elements=st.integers(0, 65535)
    )
)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, labels: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("masks") / "a_cells.png"
    write_label_image(path, labels)
    read = read_label_image(path)
    assert read.dtype == np.uint16
    assert np.array_equal(read, labels)


def test_more_cells_than_16_bits_hold(tmp_path: Path) -> None:
    path = tmp_path / "a_cells.png"
    with pytest.raises(InputError, match="65536 cells in one field"):
        write_label_image(path, np.array([[65536]]))
    assert list(tmp_path.iterdir()) == []


def test_reads_8_bit_label_images(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.array([[0, 7]], np.uint8))
    assert read_label_image(path).tolist() == [[0, 7]]


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_label_image(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(b"text")
    with pytest.raises(InputError, match="unreadable"):
        read_label_image(tmp_path / "a.png")
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(InputError, match="expected a single-channel image"):
        read_label_image(tmp_path / "a.png")


def test_an_empty_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a_cells.png").touch()
    with pytest.raises(InputError, match="a_cells.png: unreadable; expected a single-channel image"):
        read_label_image(tmp_path / "a_cells.png")

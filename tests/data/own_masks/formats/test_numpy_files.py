import os
import pathlib
from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.own_masks.formats.numpy_files import read_numpy_file


def cellpose(labels: np.ndarray) -> dict[str, object]:
    """What cellpose saves as ``_seg.npy``."""
    return {
        "masks": labels,
        "outlines": labels * 0,
        "filename": "A1.png",
        "flows": [np.zeros((1, 4, 4, 3), np.uint8), [], np.zeros((2, 4, 4), np.float32)],
        "ismanual": np.zeros(3, bool),
        "diameter": np.float64(30),
        "est_diam": np.nan,
        "chan_choose": [0, 0],
        "model_path": pathlib.PurePosixPath("/models/cyto3"),
    }


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, ">u2", np.float32, bool])
def test_one_array(tmp_path: Path, labels: np.ndarray, dtype: object) -> None:
    np.save(tmp_path / "a.npy", labels.astype(dtype))
    np.savez_compressed(tmp_path / "a.npz", labels.astype(dtype))
    for name in ("a.npy", "a.npz"):
        np.testing.assert_array_equal(read_numpy_file(tmp_path / name)[""], labels.astype(dtype))


def test_cells_and_nuclei_in_one_file(tmp_path: Path, labels: np.ndarray, nuclei: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", nuclei=nuclei, cells=labels)
    found = read_numpy_file(tmp_path / "a.npz")
    np.testing.assert_array_equal(found["cells"], labels)
    np.testing.assert_array_equal(found["nuclei"], nuclei)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, ">i4"])
def test_a_file_of_cellpose(tmp_path: Path, labels: np.ndarray, dtype: object, order: str) -> None:
    np.save(tmp_path / "a_seg.npy", cellpose(np.asarray(labels.astype(dtype), order=order)))
    np.testing.assert_array_equal(read_numpy_file(tmp_path / "a_seg.npy")[""], labels)


def test_nothing_in_a_pickle_is_run(tmp_path: Path, labels: np.ndarray) -> None:
    class Evil:
        def __reduce__(self) -> object:
            return os.system, (f"touch {tmp_path / 'ran'}",)

    np.save(tmp_path / "a.npy", cellpose(labels) | {"evil": Evil()})
    with pytest.raises(InputError, match=r"refused: its pickle uses posix\.system"):
        read_numpy_file(tmp_path / "a.npy")
    np.savez(tmp_path / "a.npz", np.array([Evil()], object))
    with pytest.raises(InputError, match="unreadable"):
        read_numpy_file(tmp_path / "a.npz")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\x09\x00rest", b"PK\x03\x04rest", b"text"])
def test_damaged_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(InputError, match="unreadable"):
        read_numpy_file(tmp_path / "a.npy")


def test_truncated_files(tmp_path: Path, labels: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", cellpose(labels))
    raw = (tmp_path / "a.npy").read_bytes()
    for length in range(130, len(raw), 499):
        (tmp_path / "b.npy").write_bytes(raw[:length])
        with pytest.raises(InputError):
            read_numpy_file(tmp_path / "b.npy")


def test_arrays_of_other_names(tmp_path: Path, labels: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", this=labels, that=labels)
    with pytest.raises(InputError, match="the arrays this, that"):
        read_numpy_file(tmp_path / "a.npz")

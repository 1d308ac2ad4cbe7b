from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from data.errors import InputError
from data.fields.field import Field
from data.own_masks.own_masks import OwnMasks


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    folder = tmp_path / "masks"
    folder.mkdir()
    return folder


def test_cells_and_nuclei(masks: Path, field: Field, labels: np.ndarray, nuclei: np.ndarray) -> None:
    tifffile.imwrite(masks / "A1_cells.tif", labels.astype(np.int32))
    np.savez(masks / "A1_nuclei.npz", np.array([0, 3, 1, 2])[nuclei])
    found = OwnMasks(masks, [field]).find(field)
    assert found.cells.dtype == found.nuclei.dtype == np.uint16
    np.testing.assert_array_equal(found.cells, labels)
    np.testing.assert_array_equal(found.nuclei, nuclei)


@pytest.mark.parametrize("dtype", ["u2", "i4", "u8", "f4", "f8"])
@pytest.mark.parametrize("name", ["A1.npy", "A1.npz", "A1_seg.npy", "A1.tif"])
def test_big_endian_masks(masks: Path, field: Field, labels: np.ndarray, name: str, dtype: str) -> None:
    array = labels.astype(f">{dtype}")
    if name == "A1.tif":
        tifffile.imwrite(masks / name, array, byteorder=">", photometric="minisblack")
    elif name == "A1.npz":
        np.savez(masks / name, array)
    else:
        np.save(masks / name, {"masks": array} if "seg" in name else array)
    found = OwnMasks(masks, [field]).find(field)
    assert found.cells.dtype == np.uint16
    np.testing.assert_array_equal(found.cells, labels)


def test_nuclei_are_found_in_the_blue_channel(
    masks: Path, field: Field, labels: np.ndarray, nuclei: np.ndarray
) -> None:
    cv2.imwrite(str(masks / "A1.png"), labels)
    own = OwnMasks(masks, [field])
    found = own.find(field)
    assert own.notes.lines() == ["nuclei found in the blue channel, within the cells: A1"]
    agree = (found.nuclei == nuclei) & (nuclei > 0)
    assert np.count_nonzero(agree) > 0.8 * np.count_nonzero(nuclei)
    assert not np.any((found.nuclei > 0) & (found.nuclei != labels))


def test_files_that_agree_and_files_that_differ(masks: Path, field: Field, labels: np.ndarray) -> None:
    cv2.imwrite(str(masks / "A1_cp_masks.png"), labels)
    np.save(masks / "A1_seg.npy", {"masks": labels.astype(np.int32)})
    np.testing.assert_array_equal(OwnMasks(masks, [field]).find(field).cells, labels)
    np.save(masks / "A1_seg.npy", {"masks": np.where(labels == 2, 0, labels)})
    with pytest.raises(InputError, match=r"A1_seg\.npy: another mask than in A1_cp_masks\.png"):
        OwnMasks(masks, [field]).find(field)


def test_a_field_without_masks_and_one_with_nuclei_alone(
    masks: Path, field: Field, nuclei: np.ndarray
) -> None:
    cv2.imwrite(str(masks / "A1_nuclei.png"), nuclei)
    own = OwnMasks(masks, [field, Field("B1", {})])
    with pytest.raises(InputError, match="nuclei alone"):
        own.find(field)
    with pytest.raises(InputError, match="field B1 in .*: no mask; expected a file"):
        own.find(Field("B1", {}))


def test_a_changed_file_has_another_fingerprint(masks: Path, field: Field, labels: np.ndarray) -> None:
    cv2.imwrite(str(masks / "A1_cells.png"), labels)
    before = OwnMasks(masks, [field]).fingerprint(field)
    assert OwnMasks(masks, [field]).fingerprint(field) == before
    cv2.imwrite(str(masks / "A1_cells.png"), labels * 0)
    assert OwnMasks(masks, [field]).fingerprint(field) != before

from pathlib import Path

import pytest

from data.errors import InputError
from data.fields.field import Field
from data.own_masks.mask_folder import find_masks


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


FIELDS = [Field("A1", {}), Field("A2", {}), Field("plate_A2_cells", {})]


def test_files_of_each_field(tmp_path: Path) -> None:
    folder = touch(
        tmp_path / "masks", "A1_cells.png", "A1_nuclei.png", "A2.npz", "A3_cells.png", "notes.txt", "x.json"
    )
    found = find_masks(folder, FIELDS)
    assert set(found.of_fields) == {"A1", "A2"}
    assert [path.name for path in found.of_fields["A1"].cells] == ["A1_cells.png"]
    assert [path.name for path in found.of_fields["A1"].nuclei] == ["A1_nuclei.png"]
    assert [path.name for path in found.others] == ["A3_cells.png"]


def test_a_field_whose_id_looks_like_a_mask(tmp_path: Path) -> None:
    folder = touch(tmp_path / "masks", "plate_A2_cells.png", "plate_A2_cells_nuclei.png")
    found = find_masks(folder, FIELDS).of_fields
    assert list(found) == ["plate_A2_cells"]
    assert [len(found["plate_A2_cells"].cells), len(found["plate_A2_cells"].nuclei)] == [1, 1]


def test_outlines_beside_a_label_image_are_passed_over(tmp_path: Path) -> None:
    found = find_masks(touch(tmp_path / "masks", "A1_cp_masks.png", "A1_rois.zip"), FIELDS).of_fields["A1"]
    assert [path.name for path in found.files] == ["A1_cp_masks.png"]
    assert [path.name for path in found.passed_over] == ["A1_rois.zip"]


def test_images_in_the_same_folder_are_no_masks(tmp_path: Path) -> None:
    folder = touch(tmp_path / "images", "A1_red.png", "A1_blue.png", "B9_green.png", "A1_red_cp_masks.png")
    fields = [Field("A1", {"red": folder / "A1_red.png", "blue": folder / "A1_blue.png"})]
    found = find_masks(folder, fields)
    assert [path.name for path in found.of_fields["A1"].files] == ["A1_red_cp_masks.png"]
    assert found.others == []


def test_linked_folders_are_followed_and_loops_cut(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere", "A1_cells.png")
    folder = touch(tmp_path / "masks", "A2_cells.png")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "loop").symlink_to(folder)
    found = find_masks(folder, FIELDS).of_fields
    assert {image_id: len(files.cells) for image_id, files in found.items()} == {"A1": 1, "A2": 1}


def test_names_that_fit_no_field_are_shown(tmp_path: Path) -> None:
    folder = touch(tmp_path / "masks", *(f"B{number}_cells.png" for number in range(9)))
    with pytest.raises(InputError, match=r"none of the 9 mask files fits.*B0_cells.png.*<ID>_cells.*A1, A2"):
        find_masks(folder, FIELDS)


def test_no_folder_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_masks(tmp_path / "nowhere", FIELDS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no mask file"):
        find_masks(tmp_path / "empty", FIELDS)

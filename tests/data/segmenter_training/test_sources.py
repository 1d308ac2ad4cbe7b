import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.errors import InputError
from data.masks.label_image import write_label_image
from data.segmenter_training.sources import (
    ANNOTATED_PIXEL_UM,
    find_labelled_fields,
    find_simulated_fields,
    simulated_fields,
)


def write_field(folder: Path, name: str, *, er: bool = True) -> np.ndarray:
    random = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    for channel in ("red", "blue", "green", *(["yellow"] if er else [])):
        cv2.imwrite(str(folder / f"{name}_{channel}.png"), random.integers(0, 256, (64, 80), dtype=np.uint8))
    cells = np.zeros((64, 80), np.uint16)
    cells[10:50, 10:40] = 1
    cells[10:50, 44:70] = 2
    return cells


def write_annotated(folder: Path) -> None:
    folder.mkdir(parents=True)
    random = np.random.default_rng(2)
    for name in ("microtubules", "er", "nuclei"):
        cv2.imwrite(str(folder / f"{name}.png"), random.integers(0, 256, (60, 90), dtype=np.uint8))
    outline = [[10, 5], [40, 5], [40, 30], [10, 30], [10, 5]]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [outline]},
            "properties": {"label": "cell"},
        },
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [outline]},
            "properties": {"label": "nuclei"},
        },
    ]
    text = json.dumps({"type": "FeatureCollection", "bbox": [0, 0, 89, 59], "features": features})
    (folder / "annotation.json").write_text(text)


def test_fields_with_label_images_beside_them_or_elsewhere(tmp_path: Path) -> None:
    cells = write_field(tmp_path / "images", "a")
    write_field(tmp_path / "images", "without")
    write_label_image(tmp_path / "masks" / "a_cells.png", cells)
    (source,) = find_labelled_fields(tmp_path / "images", tmp_path / "masks", 0.16)
    field = source.load()
    assert (source.field_id, field.source, field.pixel_um) == ("a", "real", 0.16)
    assert np.array_equal(field.cells, cells)
    write_label_image(tmp_path / "images" / "a_cells.png", cells)
    assert [found.field_id for found in find_labelled_fields(tmp_path / "images", None, 0.16)] == ["a"]


def test_known_nuclei_are_read_and_change_the_fingerprint(tmp_path: Path) -> None:
    cells = write_field(tmp_path, "a")
    write_label_image(tmp_path / "a_cells.png", cells)
    before = find_labelled_fields(tmp_path, None, 0.16)[0].fingerprint
    nuclei = np.zeros_like(cells)
    nuclei[20:30, 20:30] = 1
    write_label_image(tmp_path / "a_nuclei.png", nuclei)
    source = find_labelled_fields(tmp_path, None, 0.16)[0]
    assert np.array_equal(source.load().nuclei, nuclei)
    assert source.fingerprint != before


def test_nuclei_and_cells_that_are_numbered_otherwise_are_matched(tmp_path: Path) -> None:
    """With numbers of their own, or gaps between them, as masks of a segmentation may have them, too."""
    cells = write_field(tmp_path, "a")
    nuclei = np.zeros_like(cells)
    nuclei[20:30, 20:30], nuclei[20:30, 50:60], nuclei[2:6, 2:6] = 1, 2, 3
    write_label_image(tmp_path / "a_cells.png", cells)
    write_label_image(tmp_path / "a_nuclei.png", np.array([0, 2, 1, 3], np.uint16)[nuclei])
    expected = np.where(nuclei == 3, 0, nuclei)
    assert np.array_equal(find_labelled_fields(tmp_path, None, 0.16)[0].load().nuclei, expected)
    write_label_image(tmp_path / "a_cells.png", cells * 7)
    field = find_labelled_fields(tmp_path, None, 0.16)[0].load()
    assert np.array_equal(field.cells, cells)
    assert np.array_equal(field.nuclei, expected)


def test_a_binary_mask_is_no_label_image(tmp_path: Path) -> None:
    cells = write_field(tmp_path, "a")
    write_label_image(tmp_path / "a_cells.png", (cells > 0).astype(np.uint16) * 255)
    with pytest.raises(InputError, match="a_cells.png: one number, 255, in 2 separate pieces: a binary mask"):
        find_labelled_fields(tmp_path, None, 0.16)[0].load()


def test_fields_without_label_images_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_label_image(tmp_path / "b_cells.png", write_field(tmp_path, "b"))
    for name in ("a", "c"):
        write_field(tmp_path, name)
    assert [source.field_id for source in find_labelled_fields(tmp_path, None, 0.16)] == ["b"]
    [record] = caplog.records
    assert record.getMessage() == (
        f"2 of 3 fields have no label image <ID>_cells.png in {tmp_path} and are left out, such as a"
    )


def test_a_field_without_er_has_an_empty_stain(tmp_path: Path) -> None:
    write_label_image(tmp_path / "a_cells.png", write_field(tmp_path, "a", er=False))
    field = find_labelled_fields(tmp_path, None, 0.16)[0].load()
    assert not field.stains[1].any()
    assert field.stains[0].any()
    assert field.stains[2].any()
    # What stands behind the stain that is not there keeps its place.
    whole = tmp_path / "whole"
    whole.mkdir()
    write_label_image(whole / "a_cells.png", write_field(whole, "a"))
    known = find_labelled_fields(whole, None, 0.16)[0].load()
    assert field.protein is not None
    assert known.protein is not None
    assert np.array_equal(field.protein, known.protein)


def test_the_annotated_set_counts_y_from_below(tmp_path: Path) -> None:
    write_annotated(tmp_path / "train" / "10580_1758_B1_1")
    (source,) = find_labelled_fields(tmp_path, None, 0.08)
    field = source.load()
    assert source.field_id == "train_10580_1758_B1_1"
    assert field.pixel_um == ANNOTATED_PIXEL_UM
    rows, columns = np.nonzero(field.cells)
    assert (columns.min(), columns.max()) == (10, 40)
    assert (rows.min(), rows.max()) == (60 - 30, 60 - 5)
    assert field.cells.max() == 1


@pytest.mark.parametrize("text", ["no json", "{}", '{"features": [{"geometry": 3, "properties": {}}]}'])
def test_broken_annotations_are_told(tmp_path: Path, text: str) -> None:
    write_annotated(tmp_path / "a")
    (tmp_path / "a" / "annotation.json").write_text(text)
    with pytest.raises(InputError, match=r"annotation\.json.*GeoJSON"):
        find_labelled_fields(tmp_path, None, 0.08)[0].load()


def test_a_label_image_of_another_size_is_told(tmp_path: Path) -> None:
    write_field(tmp_path, "a")
    write_label_image(tmp_path / "a_cells.png", np.ones((10, 12), np.uint16))
    with pytest.raises(InputError, match="12 x 10 px.*80 x 64 px"):
        find_labelled_fields(tmp_path, None, 0.08)[0].load()


def test_missing_folder_and_missing_labels_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_labelled_fields(tmp_path / "nowhere", None, 0.08)
    write_field(tmp_path, "a")
    with pytest.raises(InputError, match="no field has a label image"):
        find_labelled_fields(tmp_path, None, 0.08)


def test_simulated_fields_of_a_folder_are_taken_from_all_parts_of_it(tmp_path: Path) -> None:
    for name in "abcdefg":
        write_label_image(tmp_path / "masks" / f"{name}_cells.png", write_field(tmp_path, name))
    sources = find_simulated_fields(tmp_path, 3)
    assert [source.field_id for source in sources] == ["a", "c", "e"]
    field = sources[1].load()
    assert (field.field_id, field.source, set(np.unique(field.cells))) == ("c", "simulated", {0, 1, 2})
    assert len(find_simulated_fields(tmp_path, 7)) == 7
    assert find_simulated_fields(tmp_path, 0) == []


def test_a_folder_with_too_few_simulated_fields_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_simulated_fields(tmp_path / "nowhere", 1)
    write_field(tmp_path, "a")
    with pytest.raises(
        InputError, match=r"0 fields with cells in masks/<ID>_cells\.png; expected at least 2"
    ):
        find_simulated_fields(tmp_path, 2)


def test_simulated_fields_know_their_cells() -> None:
    first, second = simulated_fields(2, 256, seed=5)
    field = first.load()
    assert (first.field_id, second.field_id) == ("sim-5-00001", "sim-5-00002")
    assert first.fingerprint != second.fingerprint
    assert field.source == "simulated"
    assert field.cells.shape == (128, 128)
    assert set(np.unique(field.nuclei)) <= set(np.unique(field.cells))

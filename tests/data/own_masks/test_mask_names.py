from pathlib import PurePath

import pytest

from data.own_masks.mask_names import readings, split_suffix


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("A1.png", ""),
        ("A1_cells.png", "cells"),
        ("A1_cell.TIF", "cells"),
        ("A1_cells_mask.ome.tif", "cells"),
        ("A1_nuclei.png", "nuclei"),
        ("A1_nuc_labels.tiff", "nuclei"),
        ("A1_cellmask.png", "cells"),
        ("A1_nucleimask.png", "nuclei"),
        ("A1cell_mask.png", "cells"),
        ("A1_nuclei_mask.png", "nuclei"),
        ("A1_mask.npy", ""),
        ("A1_cp_masks.tif", ""),
        ("A1_red_cp_masks.png", ""),
        ("A1_blue_cp_masks.png", "nuclei"),
        ("A1_blue_seg.npy", "nuclei"),
        ("A1_green_seg.npy", ""),
        ("A1_rois.zip", ""),
        ("A1.geojson", ""),
        ("masks/hpa_cell_mask/A1.npz", "cells"),
        ("masks/hpa_nuclei_mask/A1.npz", "nuclei"),
        ("masks of nuclei/A1.png", "nuclei"),
        ("cells and nuclei/A1.png", ""),
    ],
)
def test_the_name_says_whose_mask_it_is_and_of_what(path: str, what: str) -> None:
    found = next((reading for reading in readings(PurePath(path)) if reading.image_id == "A1"), None)
    assert found is not None
    assert found.what == what


def test_sub_folders_may_be_part_of_the_id() -> None:
    found = [reading.image_id for reading in readings(PurePath("masks/800/cells/A6_1_cells.png"))]
    assert "800_A6_1" in found
    assert found.index("800_A6_1") < found.index("A6_1")


@pytest.mark.parametrize(
    "name", ["A1_flows.tif", "A1_cp_output.png", "A1_cp_outlines.txt", ".A1.png", "A1.csv"]
)
def test_what_is_no_mask(name: str) -> None:
    assert split_suffix(name) == ("", "")

from pathlib import Path

import numpy as np
import pytest

from data.cells.label_stamp import label_paths
from data.cells.record_paths import field_cells_path, records_path
from data.cells.segmented_labels import read_segmented_labels
from data.errors import InputError
from data.masks.label_image import write_label_image

LABELS = np.arange(12, dtype=np.uint16).reshape(3, 4)


def test_label_images_and_the_record_of_damaged_ones(tmp_path: Path) -> None:
    nuclei, cells = label_paths(tmp_path, "a")
    write_label_image(nuclei, LABELS)
    write_label_image(cells, LABELS + 1)
    records_path(tmp_path).mkdir()
    record = field_cells_path(tmp_path, "a")
    record.touch()
    read = read_segmented_labels(tmp_path, "a")
    assert [labels.tolist() for labels in read] == [LABELS.tolist(), (LABELS + 1).tolist()]
    assert record.exists()
    cells.write_bytes(cells.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"a_cells.png: .*damaged.*run `hpacells segment` again"):
        read_segmented_labels(tmp_path, "a")
    assert not record.exists()

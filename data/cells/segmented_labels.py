"""Reading a field's label images as they were segmented."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.cells.label_stamp import label_paths
from data.cells.record_paths import field_cells_path
from data.errors import InputError
from data.masks.label_image import read_label_image


def read_segmented_labels(masks_dir: Path, image_id: str) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Read the label images (H, W) of a field's nuclei and of its cells.

    A damaged file whose size and time are those of the whole one is noticed nowhere else. The field's record
    is removed then, so that the next segmentation does not take it for finished.

    Raises
    ------
    InputError
        One of them is missing or damaged.
    """
    labels = []
    for path in label_paths(masks_dir, image_id):
        try:
            labels.append(read_label_image(path))
        except InputError:
            field_cells_path(masks_dir, image_id).unlink(missing_ok=True)
            raise InputError(
                found="damaged" if path.exists() else "missing",
                where=path,
                expected="the mask that segment wrote",
                advice="run `hpacells segment` again, which segments only what is not whole",
            ) from None
    return labels[0], labels[1]

from pathlib import Path

import cv2
import numpy as np
import pytest

from data.channels import CHANNELS
from data.labels.label_file import read_labels
from tests.factories.simulated_set import simulate_into


@pytest.fixture(scope="session")
def real_cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of whole small fields, each taken for a cell, of two classes; tests change nothing in it."""
    folder = tmp_path_factory.mktemp("cells")
    simulate_into(folder, fields=4, size=512, seed=9, single_fraction=0.9)
    # Whole fields show neighbours, so that each needs a mask that takes all of it for a cell.
    cv2.imwrite(str(folder / "mask.png"), np.full((512, 512), 255, np.uint8))
    rows = ["ID,label,mask"]
    for number, image_id in enumerate(read_labels(folder / "train.csv")):
        assert all((folder / f"{image_id}_{channel}.png").is_file() for channel in CHANNELS)
        rows.append(f"{image_id},{(0, 16)[number % 2]},mask.png")
    (folder / "index.csv").write_text("\n".join(rows))
    return folder

import sys
from pathlib import Path

import pytest

from data.channels import CHANNELS
from data.labels.label_file import read_labels
from pipeline.engines.local import LocalEngine
from stages.simulate.run import run
from stages.simulate.settings import SimulateSettings

# The benchmarks are run from the top folder and not installed; `python -m pytest` has it on the path already.
sys.path.append(str(Path(__file__).parents[2]))


@pytest.fixture(scope="session")
def real_cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of whole small fields, each taken for a cell, of two classes; tests change nothing in it."""
    folder = tmp_path_factory.mktemp("cells")
    settings = {"fields": 4, "size": 512, "seed": 9, "single_fraction": 0.9}
    run(folder, SimulateSettings.model_validate(settings), LocalEngine(workers=1))
    rows = ["ID,label"]
    for number, image_id in enumerate(read_labels(folder / "train.csv")):
        assert all((folder / f"{image_id}_{channel}.png").is_file() for channel in CHANNELS)
        rows.append(f"{image_id},{(0, 16)[number % 2]}")
    (folder / "index.csv").write_text("\n".join(rows))
    return folder

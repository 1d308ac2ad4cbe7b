import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sklearn.metrics import average_precision_score

from benchmarks.simhpa19 import initial_weights
from benchmarks.simhpa19.known_cells import read_true_labels
from data.cells.cells_table import read_cells
from data.predictions.predictions_table import PROBABILITY_COLUMNS, read_predictions
from models.classifiers.classifier import Classifier
from models.classifiers.initial_weights import load_initial_weights
from models.classifiers.model_folder import read_classifier
from pipeline.config.config import load_config
from pipeline.runs.work_folder import WorkFolder
from stages.simulate.settings import SimulateSettings
from stages.train.settings import TrainSettings

CONFIG = """
[simulate]
fields = 6
size = 512
seed = 3
single_fraction = 0.9
[train]
images = "single"
device = "cpu"
[train.tiles]
size = 32
[train.split]
folds = 0
[train.backbone]
name = "test_efficientnet"
pretrained = "none"
[train.fit]
epochs = 1
batch_size = 8
"""

OPTIONAL = 'optional_channels = ["red", "yellow"]'


@pytest.mark.slow
def test_weights_are_made_judged_and_started_from(
    benchmark_set: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    work = tmp_path / "work"
    (tmp_path / "all_channels.toml").write_text(CONFIG)
    (tmp_path / "fewer_channels.toml").write_text(CONFIG.replace("[train]", f"[train]\n{OPTIONAL}"))
    arguments = ["--work", work, "--configs", tmp_path, "--evaluate", benchmark_set / "test"]
    monkeypatch.setattr(sys, "argv", ["initial_weights", *map(str, arguments)])
    initial_weights.main()
    made = work / "simhpa19"
    first, second = (read_classifier(work / f"{part}_channels/model") for part in ("all", "fewer"))
    halved = read_classifier(made)
    stored = load_file(made / "model.safetensors")
    assert {weight.dtype for weight in stored.values() if weight.is_floating_point()} == {torch.float16}
    assert halved.architecture == second.architecture
    assert halved.architecture.optional_channels == ("red", "yellow")
    moved = 0
    for name, weight in first.state_dict().items():
        later = second.state_dict()[name]
        expected = 0.25 * weight + 0.75 * later if weight.is_floating_point() else later
        moved += not torch.equal(weight, later)
        torch.testing.assert_close(halved.state_dict()[name], expected, rtol=1e-3, atol=1e-4)
    assert moved
    fresh = Classifier(halved.architecture)
    load_initial_weights(fresh, str(made))
    assert all(torch.equal(halved.state_dict()[name], weight) for name, weight in fresh.state_dict().items())
    told = [line for line in capsys.readouterr().out.splitlines() if "macro AP" in line]
    assert [line.partition(":")[0] for line in told] == [
        str(made),
        str(initial_weights.find_classifier_folder("simhpa19")),
    ]
    assert told[1].partition(":")[2].startswith(f" macro AP {macro_ap(benchmark_set, work):.3f} of ")


def macro_ap(benchmark_set: Path, work: Path) -> float:
    """Average the AP of the classes, from the predictions made last: those of the bundled weights."""
    judged = WorkFolder(work / "judged")
    table = read_cells(judged.cells)
    targets = read_true_labels(benchmark_set / "test/truth.csv", table[table["dropped"] == ""])
    predicted = read_predictions(judged.predictions)[list(PROBABILITY_COLUMNS)].to_numpy()
    present = np.flatnonzero(targets.any(axis=0))
    return float(average_precision_score(targets[:, present], predicted[:, present], average="macro"))


def test_the_recorded_settings_are_the_ones_that_come_with_the_weights() -> None:
    first, second = (load_config(initial_weights.CONFIGS / f"{part}.toml") for part in initial_weights.PARTS)
    assert first.settings("simulate", SimulateSettings).fields == 1600
    settings = second.settings("train", TrainSettings)
    assert first.settings("train", TrainSettings).tiles == settings.tiles
    bundled = read_classifier(initial_weights.find_classifier_folder("simhpa19")).architecture
    assert bundled.optional_channels == settings.optional_channels
    assert bundled.tiles == settings.tiles
    assert bundled.head == settings.head
    # A trained classifier is built without the weights that it was trained from.
    assert bundled.backbone == settings.backbone.model_copy(update={"pretrained": "none"})

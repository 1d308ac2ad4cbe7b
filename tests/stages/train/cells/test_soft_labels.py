import logging
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from data.predictions.predictions_table import write_predictions
from data.tables.coded_texts import CodedTexts
from stages.train.cells.soft_labels import soften
from stages.train.settings import TrainSettings


def test_the_user_is_told_how_many_cells_are_softened(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    targets = np.array([[1, 0], [0, 1], [1, 1], [1, 1], [1, 1], [0, 1]], np.float32)
    chosen = SimpleNamespace(
        image_ids=CodedTexts.of("abcdef"),
        cell_ids=np.ones(6, int),
        targets=targets,
        corrected=np.zeros(6, bool),
        class_names=("Left", "Right"),
    )
    said = np.random.default_rng(1).random((4, 2), np.float32)
    write_predictions(
        tmp_path / "oof.parquet", list("cfxe"), np.ones(4, int), said, class_names=("Left", "Right")
    )
    settings = TrainSettings.model_validate({"images": "all", "soft_weight": 0.5})
    with caplog.at_level(logging.INFO):
        softened = soften(chosen, tmp_path / "oof.parquet", settings)
    assert caplog.messages == [
        "softened labels: 1 cells of images with one label, 2 of images with several; 3 cells keep theirs"
    ]
    np.testing.assert_array_equal(softened[[0, 1, 3]], targets[[0, 1, 3]])
    np.testing.assert_allclose(softened[[2, 5, 4]], targets[[2, 5, 4]] * (1 + said[[0, 1, 3]]) / 2, rtol=1e-6)

    chosen.corrected[2] = True
    softened = soften(chosen, tmp_path / "oof.parquet", settings)
    np.testing.assert_array_equal(softened[2], targets[2])

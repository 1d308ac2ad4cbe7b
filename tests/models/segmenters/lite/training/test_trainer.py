from pathlib import Path

import numpy as np
import pytest
import torch

from data.errors import InputError
from data.segmenter_training.augmentation import AugmentationSettings
from data.segmenter_training.field_crops import CropSettings
from data.segmenter_training.labelled_field import LabelledField
from models.segmenters.lite.network import LiteNetwork
from models.segmenters.lite.training.report import draw_predictions, write_segmenter_history
from models.segmenters.lite.training.settings import SegmenterFitSettings, SegmenterTrainingSettings
from models.segmenters.lite.training.trainer import FieldPool, SegmenterTrainer
from models.training.checkpoint import Checkpoint
from models.training.lr_schedules.cosine import CosineSettings
from models.training.optimisers.settings import AdamWSettings

MILD = AugmentationSettings(gain=0.1, gamma=0.1, blur_px=0.5, uneven_cells=0.1, debris=0, missing_er=0)


def disks(field_id: str, seed: int) -> LabelledField:
    """Draw round cells with round nuclei, which no two fields have at the same places."""
    random = np.random.default_rng(seed)
    side = 256
    rows, columns = np.mgrid[:side, :side]
    cells, nuclei = np.zeros((2, side, side), np.int32)
    for number in range(1, 10):
        y, x = 45 + 83 * ((number - 1) // 3), 45 + 83 * ((number - 1) % 3)
        y, x = y + random.integers(-5, 6), x + random.integers(-5, 6)
        distance = np.hypot(rows - y, columns - x)
        cells[distance < 34] = number
        nuclei[distance < 15] = number
    stains = np.stack([(cells > 0) * 170, (cells > 0) * 150, (nuclei > 0) * 200]).astype(np.uint8)
    noisy = stains + random.integers(0, 12, stains.shape)
    return LabelledField(field_id, "real", noisy.astype(np.uint8), nuclei, cells, 0.32)


def make_trainer(
    folder: Path, steps: int, network: LiteNetwork | None = None, rate: float = 2e-3, key: str = "key"
) -> SegmenterTrainer:
    torch.manual_seed(3)
    fields = [disks("a", 1), disks("b", 2)]
    return SegmenterTrainer(
        network or LiteNetwork(pretrained=True),
        FieldPool(fields, np.ones(2)),
        [disks("c", 3)],
        SegmenterTrainingSettings(
            crops=CropSettings(size=96, scale=(0.9, 1.1), photography=MILD),
            optimiser=AdamWSettings(learning_rate=rate),
            rate=CosineSettings(),
            schedule=SegmenterFitSettings(
                steps=steps, batch_size=4, average=0.9, validate_every=steps, checkpoint_seconds=0, workers=1
            ),
            seed=1,
        ),
        bfloat16=False,
        checkpoint=Checkpoint(folder / "checkpoint.pt", key, 0),
    )


class _StoppedError(Exception):
    pass


def stop_after(steps: int):
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if done >= steps:
            raise _StoppedError

    return advance


def test_an_interrupted_training_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole = make_trainer(tmp_path / "whole", 4).run().state_dict()
    with pytest.raises(_StoppedError):
        make_trainer(tmp_path / "cut", 4).run(stop_after(2))
    resumed = make_trainer(tmp_path / "cut", 4)
    counted: list[int] = []
    weights = resumed.run(counted.append).state_dict()
    assert counted == [2, 1, 1]
    for name, tensor in whole.items():
        assert torch.allclose(tensor.float(), weights[name].float(), atol=1e-6), name


def test_a_checkpoint_of_another_training_is_not_taken_up(tmp_path: Path) -> None:
    with pytest.raises(_StoppedError):
        make_trainer(tmp_path, 4).run(stop_after(2))
    counted: list[int] = []
    make_trainer(tmp_path, 2, key="other").run(counted.append)
    assert counted == [0, 1, 1]


def test_a_diverging_training_says_what_to_do(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path, 3, rate=1e30)
    with pytest.raises(InputError, match=r"the loss became .* lower optimiser\.learning_rate"):
        trainer.run()


@pytest.mark.slow
def test_cells_of_a_new_field_are_learnt_and_drawn(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path, 40)
    network = trainer.run()
    row = trainer.progress.rows[-1]
    assert row["step"] == 40
    assert row["val_f1"] > 0.9
    assert row["train_loss"] < 4
    write_segmenter_history(tmp_path, trainer.progress.rows)
    assert "val_f1" in (tmp_path / "metrics.csv").read_text()
    figures = draw_predictions(tmp_path / "predictions.png", network, [disks("c", 3)], bfloat16=False)
    assert figures["c"]["known"] == 9
    assert figures["c"]["f1"] == pytest.approx(row["val_f1"], abs=1e-4)
    assert (tmp_path / "curves.png").stat().st_size > 5000

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from data.errors import InputError
from models.losses.classification import ClassificationLoss
from models.losses.settings import CrossEntropySettings
from models.training.averaging.weight_interpolation import WeightInterpolation
from models.training.checkpoint import Checkpoint
from models.training.distributed import ALONE, Processes
from models.training.fit_settings import FitSettings
from models.training.lr_schedules.cosine import CosineSettings
from models.training.lr_schedules.plateau import PlateauSettings, plateau_factor
from models.training.optimisers.settings import SgdSettings
from models.training.trainer import Trainer
from models.training.training_step import TrainingStep
from models.training.validation import validation_logits, validation_metrics

LOSS = CrossEntropySettings.model_validate({"label_smoothing": 0.0, "weights": {"kind": "none"}})


def make_trainer(
    classifier,
    data,
    folder: Path,
    *,
    rate: Any = None,
    learning_rate: float = 0.02,
    processes: Processes = ALONE,
    interpolation: WeightInterpolation | None = None,
    **schedule: Any,
) -> Trainer:
    settings = FitSettings.model_validate(
        {"epochs": 3, "batch_size": 4, "early_stopping_patience": 0} | schedule
    )
    training_step = TrainingStep(
        classifier,
        ClassificationLoss(LOSS, data.targets),
        data,
        SgdSettings(learning_rate=learning_rate),
        micro_batches=settings.accumulation_steps,
        bfloat16=False,
        processes=processes,
    )
    return Trainer(
        training_step,
        None,
        lr_schedule=rate or CosineSettings(),
        schedule=settings,
        seed=1,
        checkpoint=Checkpoint(folder / "checkpoint.pt", "key", settings.checkpoint_seconds),
        interpolation=interpolation,
    )


def test_every_tile_comes_once_an_epoch(make_classifier, make_data, tmp_path: Path) -> None:
    data = make_data(10)
    done = []
    trainer = make_trainer(make_classifier(), data, tmp_path)
    trained = trainer.run(done.append)
    drawn = [sorted(item for batch in plan for item in batch) for plan in data.loader.plans]
    assert drawn == [list(range(10))] * 3
    assert data.loader.plans[0] != data.loader.plans[1]
    assert sum(done) == trainer.steps == 9
    assert [epoch.epoch for epoch in trained.epochs] == [1, 2, 3]
    assert trained.best_epoch == 3
    assert all(math.isnan(epoch.val_loss) for epoch in trained.epochs)


def test_the_training_loss_is_the_mean_over_tiles(make_classifier, make_data, tmp_path: Path) -> None:
    classifier, data = make_classifier(), make_data(10)
    with torch.inference_mode():
        tiles = torch.from_numpy(data.loader.tiles.transpose(0, 3, 1, 2))
        expected = -(classifier(tiles).logits.log_softmax(dim=1) * torch.from_numpy(data.targets)).sum() / 10
    trained = make_trainer(classifier, data, tmp_path, learning_rate=1e-12, epochs=1).run()
    assert trained.epochs[0].train_loss == pytest.approx(expected.item(), rel=1e-5)


def test_the_average_of_the_weights(make_classifier, make_data, tmp_path: Path) -> None:
    classifier = make_classifier()
    seen = [{name: weight.clone() for name, weight in classifier.state_dict().items()}]

    def note(steps: int) -> None:
        if steps:
            seen.append({name: weight.clone() for name, weight in classifier.state_dict().items()})

    trained = make_trainer(classifier, make_data(12), tmp_path, average=0.7, epochs=4).run(note)
    average = seen[0]
    for step, weights in enumerate(seen[1:]):
        # The decay rises with the steps, and is none in the first two.
        decay = min(0.7, 1 - step**-0.75) if step > 1 else 0.0
        average = {name: decay * average[name] + (1 - decay) * weights[name] for name in average}
    assert len(seen) == 13
    for name, weight in trained.weights.items():
        torch.testing.assert_close(weight, average[name], msg=name)


@pytest.mark.parametrize("average", [0.0, 0.7])
def test_the_interpolation_with_the_initial_weights_is_evaluated_and_kept(
    make_classifier, make_data, tmp_path: Path, average: float
) -> None:
    data, share = make_data(12, 9), 0.4
    first = make_classifier().state_dict()
    # Without it, the last weights are those of the same training.
    options = {"average": average, "monitor": "loss", "epochs": 1}
    plain = make_trainer(make_classifier(), data, tmp_path / "plain", **options).run()
    classifier = make_classifier()
    interpolation = WeightInterpolation(classifier, share)
    kept = make_trainer(classifier, data, tmp_path / "blended", interpolation=interpolation, **options).run()
    for name, weight in kept.weights.items():
        torch.testing.assert_close(weight, (1 - share) * plain.weights[name] + share * first[name])
    judged = make_classifier()
    judged.load_state_dict(kept.weights)
    loss = ClassificationLoss(LOSS, data.targets)
    logits = validation_logits(judged, data, ALONE, batch_size=8, bfloat16=False)
    figures = validation_metrics(judged, loss, logits, data.validation_targets)
    assert kept.epochs[0].val_loss == pytest.approx(figures["val_loss"], rel=1e-5)
    assert kept.epochs[0].val_loss != pytest.approx(plain.epochs[0].val_loss, rel=1e-3)


@pytest.mark.parametrize("validation", [0, 6])
def test_a_plateau_is_one_of_validation_or_else_of_training(
    make_classifier, make_data, tmp_path: Path, validation: int
) -> None:
    settings = PlateauSettings(patience=1)
    data = make_data(8, validation)
    trainer = make_trainer(
        make_classifier(), data, tmp_path, rate=settings, learning_rate=2.0, epochs=8, batch_size=8
    )
    epochs = trainer.run().epochs
    losses = [epoch.val_loss if validation else epoch.train_loss for epoch in epochs]
    expected = [2.0 * plateau_factor(settings, losses[:number]) for number in range(8)]
    assert [epoch.lr for epoch in epochs] == pytest.approx(expected)
    assert expected[-1] < 2.0


@pytest.mark.parametrize("monitor", ["loss", "map"])
def test_the_best_epoch_is_kept(make_classifier, make_data, tmp_path: Path, monitor: str) -> None:
    data = make_data(12, 9)
    # Too fast, so that it does not only get better.
    trainer = make_trainer(make_classifier(), data, tmp_path, learning_rate=0.5, epochs=5, monitor=monitor)
    trained = trainer.run()
    scores = [-epoch.val_loss if monitor == "loss" else epoch.val_map for epoch in trained.epochs]
    assert trained.best_epoch == int(np.argmax(scores)) + 1
    best = make_classifier()
    best.load_state_dict(trained.weights)
    with torch.inference_mode():
        logits = best.eval()(torch.from_numpy(data.validation_loader.tiles.transpose(0, 3, 1, 2))).logits
    loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(data.validation_targets))
    assert trained.epochs[trained.best_epoch - 1].val_loss == pytest.approx(loss.item(), rel=1e-4)


def test_balanced_sampling_draws_every_class_as_often(make_classifier, make_data, tmp_path: Path) -> None:
    data = make_data(60)
    data.targets[:] = np.eye(3, dtype=np.float32)[[0] * 50 + [1] * 8 + [2] * 2]
    make_trainer(make_classifier(), data, tmp_path, balanced=True, batch_size=30, epochs=4).run()
    drawn = Counter(
        int(data.targets[item].argmax()) for plan in data.loader.plans for batch in plan for item in batch
    )
    assert sum(drawn.values()) == 240
    assert all(60 < count < 100 for count in drawn.values())


def test_a_finished_training_is_not_done_again(make_classifier, make_data, tmp_path: Path) -> None:
    first = make_trainer(make_classifier(), make_data(8, 6), tmp_path).run()
    data, done = make_data(8, 6), []
    again = make_trainer(make_classifier(), data, tmp_path).run(done.append)
    assert not data.loader.plans
    assert sum(done) == 6
    assert (again.epochs, again.best_epoch) == (first.epochs, first.best_epoch)
    assert all(torch.equal(weight, first.weights[name]) for name, weight in again.weights.items())


def test_too_small_a_batch_for_the_processes(make_classifier, make_data, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a batch of 3 tiles for 2 processes; expected at least two tiles"):
        make_trainer(make_classifier(), make_data(10), tmp_path, processes=Processes(0, 2))


class _StoppedError(Exception):
    pass


def test_an_interrupted_training_goes_on_with_the_parts_that_the_memory_asked_for(
    make_classifier, make_data, run_out_of_memory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def stop(steps: int) -> None:
        if steps:
            raise _StoppedError

    options = {"batch_size": 12, "checkpoint_seconds": 0}
    beforehand = make_trainer(make_classifier(), make_data(12), tmp_path / "4", accumulate=4, **options).run()
    for folder in (tmp_path / "whole", tmp_path / "parts"):
        trainer = make_trainer(run_out_of_memory(make_classifier(), 3), make_data(12), folder, **options)
        if folder.name == "parts":
            with pytest.raises(_StoppedError):
                trainer.run(stop)
            caplog.clear()
            trainer = make_trainer(run_out_of_memory(make_classifier(), 3), make_data(12), folder, **options)
        trained = trainer.run()
        assert trained.epochs[0].train_loss == beforehand.epochs[0].train_loss
        assert all(torch.equal(weight, beforehand.weights[name]) for name, weight in trained.weights.items())
    assert "not enough memory" not in caplog.text

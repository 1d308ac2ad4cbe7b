import numpy as np
import pytest
import torch

from data.errors import InputError
from data.tiles.batch_loader import Batch
from models.losses.classification import ClassificationLoss
from models.losses.settings import CrossEntropySettings
from models.training.distributed import ALONE, Processes
from models.training.optimisers.settings import AdamWSettings
from models.training.training_step import TrainingStep
from models.training.validation import validation_logits

WITH_STATISTICS = {
    "backbone": {"name": "test_efficientnet", "pretrained": "none"},
    "head": {"kind": "linear", "dropout": 0.5},
}


def make_training_step(classifier, data, parts: int = 1, processes: Processes = ALONE) -> TrainingStep:
    loss = ClassificationLoss(CrossEntropySettings(), data.targets)
    return TrainingStep(
        classifier.train(),
        loss,
        data,
        AdamWSettings(),
        micro_batches=parts,
        bfloat16=False,
        processes=processes,
    )


def take_steps(training_step: TrainingStep, count: int) -> list[float]:
    items = np.arange(len(training_step.data.loader))
    batch = Batch(items, training_step.data.loader.tiles)
    return [training_step.take(batch, 0.01, seed=(1, step), name=f"step {step}") for step in range(count)]


@pytest.mark.parametrize(("most", "parts"), [(12, 1), (7, 2), (5, 4), (2, 8)])
def test_a_step_is_taken_again_as_if_in_so_many_parts_from_the_start(
    make_classifier, make_data, run_out_of_memory, caplog: pytest.LogCaptureFixture, most: int, parts: int
) -> None:
    data = make_data(12)
    found = make_training_step(run_out_of_memory(make_classifier(**WITH_STATISTICS), most), data)
    known = make_training_step(make_classifier(**WITH_STATISTICS), data, parts)
    assert take_steps(found, 3) == take_steps(known, 3)
    assert found.micro_batches == parts
    ours, theirs = found.classifier.state_dict(), known.classifier.state_dict()
    assert all(torch.equal(weight, theirs[name]) for name, weight in ours.items())
    told = [record.message for record in caplog.records]
    assert len(told) == int(np.log2(parts))
    if told:
        assert told[0] == (
            "not enough memory for 12 tiles at a time: from step 0 on batches are cut into 2 parts"
        )


def test_too_little_memory_for_the_fewest_tiles(make_classifier, make_data, run_out_of_memory) -> None:
    training_step = make_training_step(run_out_of_memory(make_classifier(), 1), make_data(6))
    message = "step 0: not enough memory for 2 tiles at a time.*lower tiles.size or fit.batch_size"
    with pytest.raises(InputError, match=message):
        take_steps(training_step, 1)


def test_other_errors_are_not_hidden(make_classifier, make_data) -> None:
    classifier = make_classifier()

    def fail(*_: object) -> None:
        message = "mat1 and mat2 shapes cannot be multiplied"
        raise RuntimeError(message)

    classifier.register_forward_hook(fail)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        take_steps(make_training_step(classifier, make_data(6)), 1)


class Together(Processes):
    """One of two processes, of which the other runs out of memory once."""

    failures = iter([1, 0, 0])

    def sum(self, value: float) -> float:
        return value + next(self.failures) if isinstance(value, bool) else 2 * value

    def average_gradients(self, network: torch.nn.Module) -> None:
        assert network

    def align(self, network: torch.nn.Module) -> None:
        assert network


def test_what_another_process_lacks_is_cut_here_too(make_classifier, make_data) -> None:
    training_step = make_training_step(make_classifier(), make_data(6), processes=Together(0, 2))
    take_steps(training_step, 1)
    assert training_step.micro_batches == 2
    assert next(Together.failures, None) is None


def test_held_out_tiles_are_scored_in_smaller_batches(make_classifier, make_data) -> None:
    data, classifier = make_data(3, 9), make_classifier().eval()
    expected = validation_logits(classifier, data, ALONE, batch_size=8, bfloat16=False)
    sizes = []

    def fail(_, tiles) -> None:
        sizes.append(len(tiles[0]))
        if sizes[-1] > most:
            raise torch.OutOfMemoryError

    classifier.register_forward_pre_hook(fail)
    most = 2
    scored = validation_logits(classifier, data, ALONE, batch_size=8, bfloat16=False)
    torch.testing.assert_close(scored, expected)
    assert max(sizes[-4:]) <= 2
    most = 0
    with pytest.raises(InputError, match="the held-out cells: not enough memory for 1 tile at a time"):
        validation_logits(classifier, data, ALONE, batch_size=8, bfloat16=False)

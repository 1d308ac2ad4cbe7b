"""One training step of a classifier: losses, gradients, and the change of its weights."""

import logging
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from data.tiles.batch_loader import Batch
from models.classifiers.classifier import Classifier
from models.classifiers.inference import to_tensor
from models.losses.classification import ClassificationLoss
from models.memory import explain_out_of_memory, free_memory, is_out_of_memory
from models.training.depthwise import FloatDepthwiseGradients
from models.training.distributed import ALONE, Processes
from models.training.gradients import compute_gradients, descend
from models.training.optimisers.optimisers import make_optimiser, set_learning_rate
from models.training.optimisers.parameter_groups import split_parameters
from models.training.optimisers.settings import OptimiserSettings
from models.training.training_data import TrainingData

log = logging.getLogger("hpacells")


class Stepper:
    """Take training steps, each on a batch or on this process's part of it.

    Where memory is too small for a step, it is taken again in twice as many parts, as are all after it.

    Parameters
    ----------
    classifier
        On its device.
    loss
        What is minimised.
    data
        Whose targets and names belong to the batches.
    settings
        Of the optimiser.
    parts
        Micro-batches that a batch is cut into, at least; gradients add up to the batch's, but batch
        statistics, and losses that compare tiles with each other, see a micro-batch only.
    bfloat16
        Compute in bfloat16 where that is safe.
    processes
        The processes that share each batch.

    Attributes
    ----------
    classifier, loss, data, settings, parts, bfloat16, processes
        As above; ``parts`` as many as were needed so far.
    optimiser
        The optimiser, whose state a checkpoint keeps.
    """

    def __init__(
        self,
        classifier: Classifier,
        loss: ClassificationLoss,
        data: TrainingData,
        settings: OptimiserSettings,
        *,
        parts: int,
        bfloat16: bool,
        processes: Processes = ALONE,
    ) -> None:
        self._device = next(classifier.parameters()).device
        self.classifier, self.loss, self.data = classifier, loss.to(self._device), data
        self.settings, self.parts, self.bfloat16 = settings, parts, bfloat16
        self.processes = processes
        groups = split_parameters(classifier.backbone, classifier.head, len(settings.group_factors))
        self.optimiser = make_optimiser(groups, settings)

    def step(self, batch: Batch, rate: float, *, seed: tuple[int, ...], when: str) -> float:
        """Take one step.

        Parameters
        ----------
        batch
            This process's part of the batch.
        rate
            Learning rate of the head; each group has its part of it.
        seed
            Of dropout, so that it does not depend on where a training was interrupted.
        when
            Names the step in errors.

        Returns
        -------
        float
            The loss before the step, mean over the tiles of the whole batch.

        Raises
        ------
        InputError
            The loss is no number any more, or the memory is too small for the fewest tiles; in every process
            at once. Of the first, the message names the cells of its part of the batch.
        """
        mixed = np.random.SeedSequence((*seed, self.processes.rank)).generate_state(1)[0]
        set_learning_rate(self.optimiser, rate)
        share = self.processes.share(len(batch.items))
        values = self._compute_gradients(batch, share, int(mixed), when)
        self.processes.average_gradients(self.classifier)
        return descend(
            values,
            self.classifier,
            self.optimiser,
            most_gradient=self.settings.most_gradient,
            when=lambda: f"{when}, on a batch of the cells {self.data.name(batch.items)}",
            mean=self.processes.mean,
        )

    def _compute_gradients(self, batch: Batch, share: float, seed: int, when: str) -> list[Tensor]:
        """Compute the gradients in as many parts as the memory of all processes asks for."""
        buffers = list(self.classifier.buffers())
        before = [buffer.clone() for buffer in buffers]
        while True:
            torch.manual_seed(seed)
            values = None
            try:
                values = compute_gradients((loss * share for loss in self._losses(batch)), self.classifier)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            if not self.processes.sum(values is None) and values is not None:
                return values
            # What was learnt of a part of the batch, such as its statistics, must not be learnt twice.
            self.classifier.zero_grad(set_to_none=True)
            for buffer, old in zip(buffers, before, strict=True):
                buffer.copy_(old)
            free_memory()
            self._cut_smaller(len(batch.items), when)

    def _cut_smaller(self, tiles: int, when: str) -> None:
        most = _most_parts(tiles)
        parts = min(self.parts, most)
        if self.processes.sum(parts == most):
            raise explain_out_of_memory(
                -(-tiles // parts),
                when,
                advice="lower tiles.size or schedule.batch_size, or choose a smaller backbone",
            )
        self.parts = 2 * parts
        log.warning(
            "not enough memory for %d tiles at a time: from %s on batches are cut into %d parts",
            -(-tiles // parts),
            when,
            min(self.parts, most),
        )

    def _losses(self, batch: Batch) -> Iterator[Tensor]:
        """Yield the loss of each micro-batch, as its part of the mean over this process's tiles."""
        tiles = to_tensor(batch, self._device)
        targets = torch.from_numpy(self.data.targets[batch.items]).to(self._device)
        parts = min(self.parts, _most_parts(len(tiles)))
        for some, wanted in zip(tiles.tensor_split(parts), targets.tensor_split(parts), strict=True):
            low = torch.autocast(self._device.type, torch.bfloat16, enabled=self.bfloat16)
            with FloatDepthwiseGradients(), low:
                scores = self.classifier(some)
            loss = self.loss(scores.logits, scores.embedding, wanted)
            yield loss * (len(some) / len(tiles))


def _most_parts(tiles: int) -> int:
    """Give the parts into which a batch can be cut: batch normalisation cannot train on a single tile."""
    return max(1, tiles // 2)

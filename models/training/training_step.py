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
from models.training.gradients import accumulate_gradients, optimiser_step
from models.training.optimisers.optimisers import make_optimiser, set_learning_rate
from models.training.optimisers.parameter_groups import split_parameters
from models.training.optimisers.settings import OptimiserSettings
from models.training.training_data import TrainingData

log = logging.getLogger("hpacells")


class TrainingStep:
    """Take training steps, each on a batch or on this process's part of it.

    Where memory is too small for a step, it is taken again in twice as many micro-batches, as are all later
    ones.

    Parameters
    ----------
    classifier
        On its device.
    loss
        Loss that is minimised.
    data
        Targets and names of the tiles of the batches.
    settings
        Settings of the optimiser.
    micro_batches
        Micro-batches that a batch is cut into, at least; gradients add up to the batch's, but batch
        statistics, and losses that compare tiles with each other, see a micro-batch only.
    bfloat16
        Compute in bfloat16 where that is safe.
    processes
        The processes that share each batch.

    Attributes
    ----------
    classifier, loss, data, settings, micro_batches, bfloat16, processes
        As above; ``micro_batches`` as many as were needed so far.
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
        micro_batches: int,
        bfloat16: bool,
        processes: Processes = ALONE,
    ) -> None:
        self._device = next(classifier.parameters()).device
        self.classifier, self.loss, self.data = classifier, loss.to(self._device), data
        self.settings, self.micro_batches, self.bfloat16 = settings, micro_batches, bfloat16
        self.processes = processes
        groups = split_parameters(classifier.backbone, classifier.head, len(settings.lr_multipliers))
        self.optimiser = make_optimiser(groups, settings)

    def take(self, batch: Batch, learning_rate: float, *, seed: tuple[int, ...], name: str) -> float:
        """Take one step.

        Parameters
        ----------
        batch
            This process's part of the batch.
        learning_rate
            Of the head; each group has its fraction of it.
        seed
            Random seed of dropout, so that it does not depend on where a training was interrupted.
        name
            Name of the step, for errors.

        Returns
        -------
        float
            The loss before the step, mean over the tiles of the whole batch.

        Raises
        ------
        InputError
            The loss became NaN or infinite, or the memory is too small for the fewest tiles; in every process
            at once. Of the first, the message names the cells of its part of the batch.
        """
        mixed = np.random.SeedSequence((*seed, self.processes.rank)).generate_state(1)[0]
        set_learning_rate(self.optimiser, learning_rate)
        share = self.processes.share(len(batch.items))
        values = self._accumulate_gradients(batch, share, int(mixed), name)
        self.processes.average_gradients(self.classifier)
        return optimiser_step(
            values,
            self.classifier,
            self.optimiser,
            max_norm=self.settings.max_grad_norm,
            name=lambda: f"{name}, on a batch of the cells {self.data.name(batch.items)}",
            mean=self.processes.mean,
        )

    def _accumulate_gradients(self, batch: Batch, share: float, seed: int, name: str) -> list[Tensor]:
        """Compute the gradients in as many micro-batches as the memory of all processes asks for."""
        buffers = list(self.classifier.buffers())
        before = [buffer.clone() for buffer in buffers]
        while True:
            torch.manual_seed(seed)
            values = None
            try:
                values = accumulate_gradients((loss * share for loss in self._losses(batch)), self.classifier)
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
            self._cut_smaller(len(batch.items), name)

    def _cut_smaller(self, tiles: int, name: str) -> None:
        largest = _max_micro_batches(tiles)
        micro_batches = min(self.micro_batches, largest)
        if self.processes.sum(micro_batches == largest):
            raise explain_out_of_memory(
                -(-tiles // micro_batches),
                name,
                advice="lower tiles.size or fit.batch_size, or choose a smaller backbone",
            )
        self.micro_batches = 2 * micro_batches
        log.warning(
            "not enough memory for %d tiles at a time: from %s on batches are cut into %d parts",
            -(-tiles // micro_batches),
            name,
            min(self.micro_batches, largest),
        )

    def _losses(self, batch: Batch) -> Iterator[Tensor]:
        """Yield the loss of each micro-batch, as its part of the mean over this process's tiles."""
        tiles = to_tensor(batch, self._device)
        targets = torch.from_numpy(self.data.targets[batch.items]).to(self._device)
        micro_batches = min(self.micro_batches, _max_micro_batches(len(tiles)))
        for micro_batch, micro_targets in zip(
            tiles.tensor_split(micro_batches), targets.tensor_split(micro_batches), strict=True
        ):
            low = torch.autocast(self._device.type, torch.bfloat16, enabled=self.bfloat16)
            with FloatDepthwiseGradients(), low:
                scores = self.classifier(micro_batch)
            loss = self.loss(scores.logits, scores.embedding, micro_targets)
            yield loss * (len(micro_batch) / len(tiles))


def _max_micro_batches(tiles: int) -> int:
    """Return the most micro-batches of a batch: batch normalisation cannot train on a single tile."""
    return max(1, tiles // 2)

"""One training step of a classifier: losses, gradients, and the change of its weights."""

from collections.abc import Iterator
from contextlib import nullcontext

import numpy as np
import torch
from torch import Tensor

from data.batches import Batch
from models.classifiers.classifier import Classifier
from models.classifiers.inference import to_tensor
from models.losses.classification import ClassificationLoss
from models.training.depthwise import FloatDepthwiseGradients
from models.training.descent import descend
from models.training.optimisers import OptimiserSettings, make_optimiser, set_learning_rate
from models.training.parameter_groups import split_parameters
from models.training.processes import Processes
from models.training.progress import TrainingData


class Stepper:
    """Take training steps, each on a batch or on this process's part of it.

    Parameters
    ----------
    classifier
        On its device.
    loss
        What is minimised, on the same device.
    data
        Whose targets and names belong to the batches.
    optimiser
        Settings.
    accumulate
        Micro-batches that a batch is cut into; gradients add up to the batch's, but batch statistics, and
        losses that compare tiles with each other, see a micro-batch only.
    bfloat16
        Compute in bfloat16 where that is safe.
    processes
        The processes that share each batch.

    Attributes
    ----------
    optimiser
        The optimiser, whose state a checkpoint keeps.
    """

    def __init__(
        self,
        classifier: Classifier,
        loss: ClassificationLoss,
        data: TrainingData,
        optimiser: OptimiserSettings,
        *,
        accumulate: int,
        bfloat16: bool,
        processes: Processes,
    ) -> None:
        self._classifier, self._loss, self._data = classifier, loss, data
        self._device = next(classifier.parameters()).device
        self._settings, self._accumulate, self._bfloat16 = optimiser, accumulate, bfloat16
        self._processes = processes
        groups = split_parameters(classifier.backbone, classifier.head, len(optimiser.group_factors))
        self.optimiser = make_optimiser(groups, optimiser)
        self._network = processes.wrap(classifier)

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
            Names the step in the error.

        Returns
        -------
        float
            The loss before the step, mean over the tiles of the whole batch.

        Raises
        ------
        InputError
            The loss is no number any more, in every process at once; the message names the cells of its part
            of the batch.
        """
        mixed = np.random.SeedSequence((*seed, self._processes.rank)).generate_state(1)[0]
        torch.manual_seed(int(mixed))
        set_learning_rate(self.optimiser, rate)
        share = self._processes.share(len(batch.items))
        return descend(
            (loss * share for loss in self._losses(batch)),
            self._classifier,
            self.optimiser,
            most_gradient=self._settings.most_gradient,
            when=lambda: f"{when}, on a batch of the cells {self._data.name(batch.items)}",
            mean=self._processes.mean,
        )

    def _losses(self, batch: Batch) -> Iterator[Tensor]:
        """Yield the loss of each micro-batch, as its part of the mean over this process's tiles."""
        tiles = to_tensor(batch, self._device)
        targets = torch.from_numpy(self._data.targets[batch.items]).to(self._device)
        # Batch normalisation cannot train on a single tile.
        parts = min(self._accumulate, max(1, len(tiles) // 2))
        pieces = zip(tiles.tensor_split(parts), targets.tensor_split(parts), strict=True)
        for number, (some, wanted) in enumerate(pieces, start=1):
            # Gradients are shared between processes once a step, with those of the last micro-batch.
            waits = self._processes.keep_gradients(self._network) if number < parts else nullcontext()
            with waits:
                low = torch.autocast(self._device.type, torch.bfloat16, enabled=self._bfloat16)
                with FloatDepthwiseGradients(), low:
                    scores = self._network(some)
                loss = self._loss(scores.logits, scores.embedding, wanted)
                yield loss * (len(some) / len(tiles))

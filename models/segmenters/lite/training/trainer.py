"""The training loop of a segmentation network."""

import logging
import math
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.compare.agreement import Agreement, compare_cells, pool_agreements
from data.fields.downscaling import WORKING_PIXEL_UM
from data.prefetch import work_ahead
from data.segmenter_training.field_crops import CropSettings, cut_crop
from data.segmenter_training.labelled_field import LabelledField
from models.device import place
from models.segmenters.lite.cells import find_lite_cells
from models.segmenters.lite.maps import predict_maps, view_field
from models.segmenters.lite.network import LiteNetwork
from models.segmenters.lite.training.loss import segmentation_loss
from models.segmenters.lite.training.schedule import SegmenterScheduleSettings
from models.training.checkpoint import Checkpoint
from models.training.depthwise import FloatDepthwiseGradients
from models.training.ema import make_average
from models.training.gradients import compute_gradients, descend
from models.training.lr_schedules.cosine import CosineSettings, cosine_factor
from models.training.optimisers.optimisers import make_optimiser, set_learning_rate
from models.training.optimisers.parameter_groups import split_parameters
from models.training.optimisers.settings import AdamWSettings

log = logging.getLogger("hpacells")

_Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class FieldPool:
    """Fields to draw crops from.

    Attributes
    ----------
    fields
        At least one.
    weights
        How often each is drawn; any positive scale.
    """

    fields: Sequence[LabelledField]
    weights: NDArray[np.float64]


@dataclass
class SegmenterProgress:
    """Where a training stands; plain values, so that a checkpoint can hold it.

    Attributes
    ----------
    step
        The step that comes next, from 0.
    loss
        Running mean of the loss.
    rows
        A row a validation, for ``metrics.csv``.
    seconds
        Time trained so far.
    """

    step: int = 0
    loss: float = math.nan
    seconds: float = 0.0
    rows: list[dict[str, Any]] = field(default_factory=list)


class SegmenterTrainer:
    """Train a `LiteNetwork`; an interrupted training with the same checkpoint and key is gone on with.

    Parameters
    ----------
    network
        On its device.
    pool
        Fields to train on.
    validation
        Fields to validate on; may be empty.
    crops, optimiser, rate, schedule
        Settings.
    seed
        Of the crops.
    bfloat16
        Compute in bfloat16 where that is safe.
    checkpoint
        Where the training's state is kept.
    """

    def __init__(
        self,
        network: LiteNetwork,
        pool: FieldPool,
        validation: Sequence[LabelledField],
        *,
        crops: CropSettings,
        optimiser: AdamWSettings,
        rate: CosineSettings,
        schedule: SegmenterScheduleSettings,
        seed: int,
        bfloat16: bool,
        checkpoint: Checkpoint,
    ) -> None:
        self._device = next(network.parameters()).device
        self._network = place(network, self._device)
        self._average = make_average(self._network, schedule.average)
        self._pool, self._validation = pool, validation
        self._crops, self._schedule, self._seed = crops, schedule, seed
        self._optimiser_settings, self._rate = optimiser, rate
        groups = split_parameters(*network.parts(), len(optimiser.group_factors))
        self._optimiser = make_optimiser(groups, optimiser)
        self._bfloat16, self._checkpoint = bfloat16, checkpoint
        self.progress = SegmenterProgress()

    def run(self, advance: Callable[[int], None] = lambda _: None) -> LiteNetwork:
        """Train to the end, and give the average of the network's weights over its last steps.

        Parameters
        ----------
        advance
            Called with the number of steps done since the last call.

        Raises
        ------
        InputError
            The loss is no number any more.
        """
        torch.manual_seed(self._seed)
        self._resume()
        progress, steps = self.progress, self._schedule.steps
        advance(progress.step)
        with closing(self._batches(progress.step)) as batches:
            started = time.perf_counter()
            for batch in batches:
                self._step(*(torch.from_numpy(part).to(self._device) for part in batch))
                progress.step += 1
                progress.seconds += time.perf_counter() - started
                if progress.step % self._schedule.validate_every == 0 or progress.step == steps:
                    self._validate()
                self._save_if_due()
                advance(1)
                started = time.perf_counter()
        return self._average.module

    def _step(self, stains: Tensor, maps: Tensor, weight: Tensor) -> None:
        progress = self.progress
        factor = cosine_factor(self._rate, progress.step, self._schedule.steps)
        set_learning_rate(self._optimiser, self._optimiser_settings.learning_rate * factor)
        self._network.train()
        stains = stains.contiguous(memory_format=torch.channels_last)
        low = torch.autocast(self._device.type, torch.bfloat16, enabled=self._bfloat16)
        with FloatDepthwiseGradients(), low:
            logits = self._network(stains)
        loss = segmentation_loss(logits, maps, weight)
        value = descend(
            compute_gradients([loss], self._network),
            self._network,
            self._optimiser,
            most_gradient=self._optimiser_settings.most_gradient,
            when=f"step {progress.step + 1}",
        )
        self._average.update(self._network, step=progress.step)
        progress.loss = value if math.isnan(progress.loss) else 0.98 * progress.loss + 0.02 * value

    def _validate(self) -> None:
        progress = self.progress
        agreement = pool_agreements(
            self.compare(self._average.module, labelled) for labelled in self._validation
        )
        row = {
            "step": progress.step,
            "train_loss": progress.loss,
            "val_f1": agreement.f1,
            "val_precision": agreement.precision,
            "val_recall": agreement.recall,
            "val_mean_iou": agreement.mean_iou,
            "seconds": progress.seconds,
        }
        progress.rows.append(row)
        told = f"step {progress.step} of {self._schedule.steps}: training loss {progress.loss:.3f}"
        if self._validation:
            told += f"; held-out fields: F1 {agreement.f1:.3f}, mean IoU {agreement.mean_iou:.3f}"
        log.info("%s (%.0f s)", told, progress.seconds)

    def compare(self, network: LiteNetwork, labelled: LabelledField) -> Agreement:
        """Compare the cells that a network finds in a field with the known ones, at the working size."""
        stains, cells = view_field(labelled)
        _, found = find_lite_cells(predict_maps(network, stains, bfloat16=self._bfloat16), WORKING_PIXEL_UM)
        return compare_cells(cells, found)

    def _batches(self, start: int) -> Generator[_Batch, None, None]:
        """Cut the batches from a step on, some ahead; equal seeds and steps give equal batches."""
        workers = self._schedule.workers
        executor = ThreadPoolExecutor(workers, thread_name_prefix="hpacells-crops")
        steps = range(start, self._schedule.steps)
        try:
            for _, future in work_ahead(executor, self._cut_batch, steps, ahead=2 * workers):
                yield future.result()
        finally:
            executor.shutdown(wait=True, cancel_futures=True)

    def _cut_batch(self, step: int) -> _Batch:
        random = np.random.default_rng((self._seed, step))
        chances = self._pool.weights / self._pool.weights.sum()
        drawn = random.choice(len(self._pool.fields), self._schedule.batch_size, p=chances)
        crops = [cut_crop(self._pool.fields[place], self._crops, random) for place in drawn]
        return (
            np.stack([crop.stains for crop in crops]),
            np.stack([crop.targets.maps for crop in crops]),
            np.stack([crop.targets.weight for crop in crops]),
        )

    def _resume(self) -> None:
        state = self._checkpoint.load()
        if state is None:
            return
        self.progress = SegmenterProgress(**state["progress"])
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._average.module.load_state_dict(state["average"])
        log.info("training resumes after step %d", self.progress.step)

    def _save_if_due(self) -> None:
        if not self._checkpoint.is_due:
            return
        state = {
            "progress": asdict(self.progress),
            "network": self._network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "average": self._average.module.state_dict(),
        }
        self._checkpoint.save(state)

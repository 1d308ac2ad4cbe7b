"""The training of a segmentation network, on crops of fields with known cells."""

import logging
import math
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from data.compare.agreement import Agreement, compare_cells, pool_agreements
from data.fields.downscaling import WORKING_PIXEL_UM
from data.prefetch import work_ahead
from data.segmenter_training.field_crops import cut_crop
from data.segmenter_training.labelled_field import LabelledField
from models.device import to_device
from models.segmenters.lite.cells import find_lite_cells
from models.segmenters.lite.maps import predict_maps, view_field
from models.segmenters.lite.network import LiteNetwork
from models.segmenters.lite.training.loss import segmentation_loss
from models.segmenters.lite.training.settings import SegmenterTrainingSettings
from models.training.checkpoint import Checkpoint
from models.training.depthwise import FloatDepthwiseGradients
from models.training.gradients import accumulate_gradients, optimiser_step
from models.training.lr_schedules.cosine import cosine_factor
from models.training.optimisers.optimisers import make_optimiser, set_learning_rate
from models.training.optimisers.parameter_groups import split_parameters
from models.training.training_loop import LoopSettings, TrainingLoop

log = logging.getLogger("hpacells")


class SegmenterBatch(NamedTuple):
    """Crops with their targets, as `data.segmenter_training.field_crops.cut_crop` cuts each.

    Attributes
    ----------
    stains
        (N, 3, H, W) float32.
    maps
        (N, 5, H, W) float32 in 0..1.
    weight
        (N, H, W) float32, 0 where nothing is known.
    """

    stains: NDArray[np.float32]
    maps: NDArray[np.float32]
    weight: NDArray[np.float32]


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


class SegmenterTrainer(TrainingLoop[LiteNetwork, SegmenterBatch]):
    """Train a `LiteNetwork`; an interrupted training with the same checkpoint and key is resumed.

    Parameters
    ----------
    network
        On its device.
    pool
        Fields to train on.
    validation
        Fields to validate on; may be empty.
    settings
        Crops, optimiser, learning rates, length and seed.
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
        settings: SegmenterTrainingSettings,
        *,
        bfloat16: bool,
        checkpoint: Checkpoint,
    ) -> None:
        self._device = next(network.parameters()).device
        self._pool, self._validation, self._settings = pool, validation, settings
        self._bfloat16, self._loss = bfloat16, math.nan
        network = to_device(network, self._device)
        groups = split_parameters(*network.parts(), len(settings.optimiser.lr_multipliers))
        schedule = settings.fit
        super().__init__(
            network,
            make_optimiser(groups, settings.optimiser),
            LoopSettings(schedule.steps, schedule.validate_every, schedule.ema_decay),
            checkpoint,
        )

    def run(self, advance: Callable[[int], None] = lambda _: None) -> LiteNetwork:
        """Train to the end, and return the network with the average of its weights over its last steps.

        Parameters
        ----------
        advance
            Called with the number of steps done since the last call.

        Raises
        ------
        InputError
            The loss became NaN or infinite.
        """
        torch.manual_seed(self._settings.seed)
        self.train(advance)
        return self.averaged

    def batches(self, steps: range) -> Generator[SegmenterBatch, None, None]:
        """Cut the batches of some steps, some ahead; equal seeds and steps give equal batches."""
        workers = self._settings.fit.workers
        executor = ThreadPoolExecutor(workers, thread_name_prefix="hpacells-crops")
        try:
            for _, future in work_ahead(executor, self._cut_batch, steps, ahead=2 * workers):
                yield future.result()
        finally:
            executor.shutdown(wait=True, cancel_futures=True)

    def train_step(self, batch: SegmenterBatch) -> None:
        """Take a step on a batch of crops."""
        stains, maps, weight = (torch.from_numpy(array).to(self._device) for array in batch)
        optimiser, step = self._settings.optimiser, self.progress.step
        factor = cosine_factor(self._settings.lr_schedule, step, self.steps)
        set_learning_rate(self.optimiser, optimiser.learning_rate * factor)
        stains = stains.contiguous(memory_format=torch.channels_last)
        low = torch.autocast(self._device.type, torch.bfloat16, enabled=self._bfloat16)
        with FloatDepthwiseGradients(), low:
            logits = self.network(stains)
        loss = segmentation_loss(logits, maps, weight)
        value = optimiser_step(
            accumulate_gradients([loss], self.network),
            self.network,
            self.optimiser,
            max_norm=optimiser.max_grad_norm,
            name=self.name_step(),
        )
        self._loss = value if math.isnan(self._loss) else 0.98 * self._loss + 0.02 * value

    def evaluate(self, network: LiteNetwork) -> dict[str, Any]:
        """Compare the cells that a network finds in the held-out fields with the known ones."""
        agreement = pool_agreements(self._compare(network, labelled) for labelled in self._validation)
        rows, step = self.progress.rows, self.progress.step
        seconds = self.progress.seconds + (rows[-1]["seconds"] if rows else 0)
        described = f"step {step} of {self.steps}: training loss {self._loss:.3f}"
        if self._validation:
            described += f"; held-out fields: F1 {agreement.f1:.3f}, mean IoU {agreement.mean_iou:.3f}"
        log.info("%s (%.0f s)", described, seconds)
        return {
            "step": step,
            "train_loss": self._loss,
            "val_f1": agreement.f1,
            "val_precision": agreement.precision,
            "val_recall": agreement.recall,
            "val_mean_iou": agreement.mean_iou,
            "seconds": seconds,
        }

    def name_step(self) -> str:
        """Return the number of the step that comes next, from 1."""
        return f"step {self.progress.step + 1}"

    def state(self) -> dict[str, Any]:
        """Return the running mean of the loss."""
        return {"loss": self._loss}

    def load_state(self, state: dict[str, Any]) -> None:
        """Set what `state` returned."""
        self._loss = state["loss"]

    def _compare(self, network: LiteNetwork, labelled: LabelledField) -> Agreement:
        """Compare cells at the working pixel size."""
        stains, cells = view_field(labelled)
        _, found = find_lite_cells(predict_maps(network, stains, bfloat16=self._bfloat16), WORKING_PIXEL_UM)
        return compare_cells(cells, found)

    def _cut_batch(self, step: int) -> SegmenterBatch:
        settings, pool = self._settings, self._pool
        random = np.random.default_rng((settings.seed, step))
        chances = pool.weights / pool.weights.sum()
        drawn = random.choice(len(pool.fields), settings.fit.batch_size, p=chances)
        crops = [cut_crop(pool.fields[index], settings.crops, random) for index in drawn]
        return SegmenterBatch(
            np.stack([crop.stains for crop in crops]),
            np.stack([crop.targets.maps for crop in crops]),
            np.stack([crop.targets.weight for crop in crops]),
        )

"""Settings of the training of a segmentation network."""

from typing import ClassVar

from pydantic import Field as Setting

from data.segmenter_training.field_crops import CropSettings
from data.settings import Settings, SpeedOnly
from models.training.lr_schedules.cosine import CosineSettings
from models.training.optimisers.settings import AdamWSettings


class SegmenterFitSettings(Settings):
    """How long a segmentation network is trained, on what batches."""

    renamed: ClassVar = {"average": "ema_decay"}

    steps: int = Setting(default=3000, ge=1, description="steps of the whole training")
    batch_size: int = Setting(default=8, ge=2, description="crops per batch")
    ema_decay: float = Setting(
        default=0.998, ge=0, lt=1, description="decay of the running average of the weights"
    )
    validate_every: int = Setting(default=500, ge=1, description="steps from one validation to the next")
    checkpoint_seconds: SpeedOnly[float] = Setting(
        default=60.0, ge=0, description="time from one checkpoint to the next"
    )
    workers: SpeedOnly[int] = Setting(default=2, ge=1, description="threads that cut crops")


class SegmenterTrainingSettings(Settings):
    """How a segmentation network is trained."""

    renamed: ClassVar = {"rate": "lr_schedule", "schedule": "fit"}

    seed: int = Setting(default=1, ge=0, description="of the crops and of what is kept aside")
    crops: CropSettings = CropSettings()
    optimiser: AdamWSettings = AdamWSettings(lr_multipliers=(0.5, 1.0))
    lr_schedule: CosineSettings = CosineSettings(warmup_fraction=0.05)
    fit: SegmenterFitSettings = SegmenterFitSettings()

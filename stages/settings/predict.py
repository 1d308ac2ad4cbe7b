"""Settings of the predict stage."""

from typing import Literal

from pydantic import Field as Setting

from data.settings import SpeedOnly
from stages.stage import StageSettings


class PredictSettings(StageSettings):
    """Settings of the predict stage."""

    batch_size: int = Setting(default=128, ge=1, description="tiles at a time")
    runtime: str = Setting(
        "auto",
        description="what runs the networks: auto (the fastest that is present), cuda, openvino, "
        "openvino-bfloat16, torch or torch-bfloat16",
    )
    workers: SpeedOnly[int] = Setting(default=2, ge=1, description="threads that prepare batches")
    test_time_augmentation: bool | Literal["auto"] = Setting(
        default="auto",
        description="average over the eight symmetries of the square: better, 8 times as long; auto: as each "
        "classifier was trained to (train.symmetries)",
    )
    embedding: bool = Setting(
        default=False, description="also write the embedding of every cell; with a single classifier"
    )
    dropped: bool = Setting(default=False, description="also predict the cells that a filter dropped")

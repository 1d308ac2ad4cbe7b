"""Settings of the predict stage."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field as Setting

from data.settings import SpeedOnly
from stages.stage import StageSettings


class PredictSettings(StageSettings):
    """Settings of the predict stage."""

    renamed: ClassVar = {"image_share": "image_weight"}

    unit: Literal["auto", "cell", "field"] = Setting(
        default="auto",
        description="what is predicted: cells, or whole fields, into the folder fields of the work folder; "
        "auto: what the classifiers were trained on, of the work folder's own those of cells first",
    )
    batch_size: int = Setting(default=128, ge=1, description="tiles at a time")
    runtime: str = Setting(
        "auto",
        description="what runs the networks: auto (the fastest that is present), cuda, openvino, "
        "openvino-bfloat16, openvino-int8 (calibrated on the cells; never taken by auto), torch or "
        "torch-bfloat16",
    )
    workers: SpeedOnly[int] = Setting(default=2, ge=1, description="threads that prepare batches")
    test_time_augmentation: bool | Literal["auto"] = Setting(
        default="auto",
        description="average over the eight symmetries of the square: better, 8 times as long; auto: as each "
        "classifier was trained to (train.test_time_augmentation)",
    )
    image_weight: Annotated[float, Setting(ge=0, le=1)] | Literal["auto"] = Setting(
        default="auto",
        description="part, 0 to 1, that the mean over the cells of its image has in each cell's "
        "probabilities, dropped cells not counted; auto: as the classifiers were trained to "
        "(train.image_weight), of several the mean",
    )
    embedding: bool | Literal["auto"] = Setting(
        default="auto",
        description="also write the embedding of every cell, which a single classifier has; auto: where "
        "its network is SubCell",
    )
    embedding_type: Literal["float32", "float16"] = Setting(
        default="float32", description="numbers of the embeddings: float16 takes half the room"
    )
    dropped: bool = Setting(default=False, description="also predict the cells that a filter dropped")

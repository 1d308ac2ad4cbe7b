"""Settings of the training of a segmenter."""

from typing import Annotated, Literal

from pydantic import Field as Setting

from data.settings import OrNone
from models.precision import Precision
from models.segmenters.lite.training.settings import SegmenterTrainingSettings
from stages.stage import StageSettings


class TrainSegmenterSettings(SegmenterTrainingSettings, StageSettings):
    """Settings of the training of a segmenter."""

    pixel_size_um: Annotated[float, Setting(gt=0)] | Literal["auto"] = Setting(
        default="auto",
        description="pixel size of the labelled fields in um; auto: what each field's files state, else 0.08",
    )
    simulated: int = Setting(default=64, ge=0, description="simulated fields that are added")
    simulated_dir: OrNone = Setting(
        default="",
        description="folder that `hpacells simulate` wrote, from which the simulated fields are taken; by "
        "default they are simulated anew",
    )
    simulated_size: int = Setting(default=2048, ge=256, description="their side in px of 0.08 um")
    simulated_seed: int = Setting(default=777, ge=0, description="another seed gives other simulated fields")
    simulated_share: float = Setting(
        default=0.5, ge=0, le=1, description="part of the crops that is cut from simulated fields"
    )
    hold_out: tuple[str, ...] = Setting(
        default=(), description="names of labelled fields kept aside to validate on"
    )
    folds: int = Setting(
        default=0,
        ge=0,
        description="without hold_out: one labelled field in so many is kept aside; 0 keeps none",
    )
    start: OrNone = Setting(
        default="",
        description="weights of an earlier training, or lite, to go on from; by default ImageNet weights",
    )
    device: str = Setting(default="auto", description="auto, cpu, cuda or cuda:N")
    precision: Precision = Setting(default="auto", description="auto, float32 or bfloat16")

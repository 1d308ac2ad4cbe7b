"""Settings of the score stage."""

from typing import Annotated

from pydantic import Field as Setting

from data.score.kaggle_map import KAGGLE_IOU, AbsentPolicy
from stages.stage import StageSettings


class ScoreSettings(StageSettings):
    """Settings of the score stage."""

    absent: AbsentPolicy = Setting(
        "fp", description="detections of a class that their image lacks: false positives (fp), or ignore"
    )
    iou: float = Setting(
        KAGGLE_IOU, gt=0, le=1, description="intersection over union from which on masks match"
    )
    ious: tuple[Annotated[float, Setting(gt=0, le=1)], ...] = Setting(
        (), description="further thresholds of which mAP and AP are told, such as [0.5, 0.55, 0.6]"
    )
    mask_cost: bool = Setting(
        False,
        description="also score these masks with the true classes, and these classes with the true masks",
    )
    samples: int = Setting(
        0, ge=0, description="bootstrap samples of images for intervals of mAP and AP; 0 for none"
    )
    seed: int = Setting(0, ge=0, description="seed of the bootstrap samples")
    label_set: str = Setting(
        "",
        description="the classes: hpa2021, hpa2018, or a TOML file with their names; without it those of the "
        "predictions that the submission was made of, where its work folder tells them, or else hpa2021",
    )

"""Settings of the ablate stage."""

from pydantic import Field as Setting

from data.score.kaggle_map import KAGGLE_IOU
from stages.stage import StageSettings


class AblateSettings(StageSettings):
    """Settings of the ablate stage."""

    samples: int = Setting(500, ge=0, description="bootstrap samples of images for the intervals; 0 for none")
    seed: int = Setting(0, ge=0, description="seed of the bootstrap samples")
    iou: float = Setting(
        KAGGLE_IOU, gt=0, le=1, description="intersection over union from which on masks match"
    )

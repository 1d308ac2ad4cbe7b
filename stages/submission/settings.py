"""Settings of the tools for submissions."""

from pydantic import Field as Setting

from data.score.kaggle_map import KAGGLE_IOU
from data.submission.ensemble import MaskChoice
from stages.stage import StageSettings


class SubmissionSettings(StageSettings):
    """Settings of the tools for submissions."""

    label_set: str = Setting(
        "",
        description="the classes: hpa2021, hpa2018, or a TOML file with their names; without it those of the "
        "predictions that the submission was made of, where its folder tells them, or else hpa2021",
    )
    iou: float = Setting(
        KAGGLE_IOU, gt=0, le=1, description="intersection over union from which on masks are of one cell"
    )
    mask: MaskChoice = Setting(
        "first",
        description="mask of a merged cell: of the first submission that has it, or the pixels that the "
        "majority of those that have it agree on",
    )
    min_found: int = Setting(1, ge=1, description="cells that fewer submissions have are not merged")

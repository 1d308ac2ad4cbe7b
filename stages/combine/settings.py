"""Settings of the combine stage."""

from pydantic import Field as Setting

from data.rules.rules import Rules
from stages.stage import StageSettings


class CombineSettings(StageSettings):
    """Settings of the combine stage."""

    min_confidence: float = Setting(
        0.01, ge=0, le=1, description="classes less probable than this are not written for a cell"
    )
    max_classes: int | None = Setting(
        None,
        ge=1,
        description="write at most so many classes of a cell, its most probable ones; each repeats the mask",
    )
    rules: Rules = Setting(
        Rules.model_validate({}),
        description="what is done to the probabilities before they are written (docs/combining.md); by "
        "default the bundled rules simhpa19 for predictions with the image's mean beside the cell",
    )
    label_set: str | None = Setting(
        None,
        description="label set of the submission, such as hpa2021: the predicted classes are merged into its "
        "classes, each with the highest probability among its members; default: the predicted classes",
    )

"""Settings of the distil stage."""

from typing import Literal

from pydantic import Field as Setting

from stages.stage import StageSettings


class DistilSettings(StageSettings):
    """Settings of a distillation; how the student is trained is a recipe."""

    initial_weights: Literal["teacher", "recipe"] = Setting(
        default="teacher",
        description="weights that the student starts from: the mean over the teacher's networks, where they "
        "are built as it is, else those of the recipe; or always those of the recipe",
    )
    out_of_fold: bool = Setting(
        default=True,
        description="of cells that the teacher was trained on, take its out-of-fold predictions, where there "
        "are any",
    )
    label_weight: float = Setting(
        default=0.5,
        ge=0,
        le=1,
        description="with --labels: part that the labels of its image have in a cell's target",
    )
    folds: int = Setting(
        default=0,
        ge=0,
        description="one part of the images in so many is held out, to measure how far the student agrees "
        "with the teacher; 0 or 1 holds out none",
    )

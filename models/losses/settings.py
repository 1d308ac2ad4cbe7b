"""Settings of the losses, one class a kind."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field as Setting
from pydantic import Tag

from data.settings import Settings, kind_or
from models.losses.class_weights.settings import BalancedWeightSettings, ClassWeightSettings
from models.losses.output import Output

_KINDS = "cross-entropy (softmax), binary-cross-entropy, focal or soft-f1 (sigmoid)"
_SMOOTHING = "part of a label spread over all classes"
_HARDEST = "part of a batch's tiles, those of the largest loss, that is learnt from"
_OVER_CLASSES = "mean or sum of a tile's losses of all classes; with SGD the sum takes larger steps"


class TripletSettings(Settings):
    """The triplet loss and which triplets of a batch it takes."""

    weight: float = Setting(default=0.0, ge=0, description="weight beside the cross entropy; 0 leaves it out")
    margin: float = Setting(default=0.2, gt=0, description="how much further the other class must lie")
    mining: Literal["all", "semihard", "hard"] = Setting(
        default="semihard",
        description="which triplets: all, those inside the margin, or each anchor's hardest",
    )


class CrossEntropySettings(Settings):
    """Cross entropy of the softmax."""

    renamed: ClassVar = {"hardest": "hard_example_fraction"}

    output: ClassVar[Output] = "single-label"

    kind: Literal["cross-entropy"] = Setting(default="cross-entropy", description=_KINDS)
    label_smoothing: float = Setting(default=0.05, ge=0, lt=1, description=_SMOOTHING)
    hard_example_fraction: float = Setting(default=1.0, gt=0, le=1, description=_HARDEST)
    weights: ClassWeightSettings = BalancedWeightSettings()
    triplet: TripletSettings = TripletSettings()


class BinaryCrossEntropySettings(Settings):
    """Binary cross entropy of the sigmoid of each class."""

    renamed: ClassVar = {"hardest": "hard_example_fraction", "over_classes": "class_reduction"}

    output: ClassVar[Output] = "multi-label"

    kind: Literal["binary-cross-entropy"] = Setting(default="binary-cross-entropy", description=_KINDS)
    label_smoothing: float = Setting(default=0.05, ge=0, lt=1, description=_SMOOTHING)
    class_reduction: Literal["mean", "sum"] = Setting(default="mean", description=_OVER_CLASSES)
    hard_example_fraction: float = Setting(default=1.0, gt=0, le=1, description=_HARDEST)
    weights: ClassWeightSettings = BalancedWeightSettings()
    triplet: TripletSettings = TripletSettings()


class FocalSettings(Settings):
    """Focal loss of the sigmoid of each class."""

    renamed: ClassVar = {"hardest": "hard_example_fraction", "over_classes": "class_reduction"}

    output: ClassVar[Output] = "multi-label"

    kind: Literal["focal"] = Setting(default="focal", description=_KINDS)
    gamma: float = Setting(default=2.0, ge=0, description="the larger, the less what is already right counts")
    alpha: float | None = Setting(
        default=None,
        gt=0,
        lt=1,
        description="weight of the positive tiles of each class, 1 - alpha that of the others; 1 if left out",
    )
    label_smoothing: float = Setting(default=0.0, ge=0, lt=1, description=_SMOOTHING)
    class_reduction: Literal["mean", "sum"] = Setting(default="mean", description=_OVER_CLASSES)
    hard_example_fraction: float = Setting(default=1.0, gt=0, le=1, description=_HARDEST)
    weights: ClassWeightSettings = BalancedWeightSettings()
    triplet: TripletSettings = TripletSettings()


class SoftF1Settings(Settings):
    """One minus the macro F1 of the sigmoid's probabilities, in which every class weighs the same."""

    output: ClassVar[Output] = "multi-label"
    # A batch has one loss: there are none to choose the largest of.
    hard_example_fraction: ClassVar[float] = 1.0

    kind: Literal["soft-f1"] = Setting(default="soft-f1", description=_KINDS)
    triplet: TripletSettings = TripletSettings()


LossSettings = Annotated[
    Annotated[CrossEntropySettings, Tag("cross-entropy")]
    | Annotated[BinaryCrossEntropySettings, Tag("binary-cross-entropy")]
    | Annotated[FocalSettings, Tag("focal")]
    | Annotated[SoftF1Settings, Tag("soft-f1")],
    kind_or("cross-entropy"),
]


def output_of(settings: LossSettings) -> Output:
    """Return which probabilities a loss is about: the classes' softmax ("single-label"), or sigmoids."""
    return settings.output

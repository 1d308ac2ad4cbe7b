"""Settings of the optimisers, one class a kind."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field as Setting
from pydantic import Tag

from data.settings import Settings, kind_or

_KINDS = "adamw, adam or sgd"

Factor = Annotated[float, Setting(gt=0, le=1)]


class _OptimiserSettings(Settings):
    """What every optimiser has."""

    renamed: ClassVar = {"most_gradient": "max_grad_norm", "group_factors": "lr_multipliers"}

    learning_rate: float = Setting(default=1e-3, gt=0, description="highest learning rate, of the head")
    weight_decay: float = Setting(
        default=0.0, ge=0, description="of weights (L2); biases and normalisations have none"
    )
    l1: float = Setting(
        default=0.0, ge=0, description="weight of the sum of absolute weights, which pulls them to zero"
    )
    max_grad_norm: float = Setting(
        default=5.0, ge=0, description="norm to which gradients are clipped; 0 for never"
    )
    lr_multipliers: tuple[Factor, ...] = Setting(
        default=(1.0, 1.0),
        min_length=2,
        description="learning rate of each group, as part of the highest: the backbone's parts in order of "
        "depth, then the head",
    )


class AdamWSettings(_OptimiserSettings):
    """AdamW: weight decay apart from the gradient (Loshchilov and Hutter, 2019)."""

    kind: Literal["adamw"] = Setting(default="adamw", description=_KINDS)
    weight_decay: float = Setting(
        default=0.02, ge=0, description="of weights; biases and normalisations have none"
    )


class AdamSettings(_OptimiserSettings):
    """Adam, with weight decay in the gradient (Kingma and Ba, 2015)."""

    kind: Literal["adam"] = Setting(default="adam", description=_KINDS)


class SgdSettings(_OptimiserSettings):
    """Gradient descent with momentum; the defaults are those of Zhang et al. (2021)."""

    kind: Literal["sgd"] = Setting(default="sgd", description=_KINDS)
    learning_rate: float = Setting(default=0.01, gt=0, description="highest learning rate, of the head")
    momentum: float = Setting(default=0.9, ge=0, lt=1, description="part of the last step that is gone again")
    weight_decay: float = Setting(
        default=1e-6, ge=0, description="of weights (L2); biases and normalisations have none"
    )


OptimiserSettings = Annotated[
    Annotated[AdamWSettings, Tag("adamw")]
    | Annotated[AdamSettings, Tag("adam")]
    | Annotated[SgdSettings, Tag("sgd")],
    kind_or("adamw"),
]

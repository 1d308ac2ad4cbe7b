"""The confidence that a cell shows none of the patterns."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting
from pydantic import ValidationInfo, field_validator

from data.errors import InputError
from data.settings import Settings

_NEGATIVE = "Negative"


class NegativeRules(Settings):
    """What the negative class and the others make of each other."""

    confidence: Literal["own", "1-max", "product"] = Setting(
        "own",
        description="own: the class's own output; 1-max: 1 less the highest of the other classes; product: "
        "the product of 1 less each of the others",
    )
    damps_others: bool = Setting(
        False, description="multiply every other class by 1 less the confidence of the negative class"
    )

    name: str | None = Setting(
        None,
        description="name of the negative class; by default that of combine.label_set, where it has one, or "
        "else Negative",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _take_none(cls, value: Any, info: ValidationInfo) -> Any:
        # In place of the parent's: a class may be called None.
        return value

    @property
    def is_on(self) -> bool:
        """Whether anything changes."""
        return self.confidence != "own" or self.damps_others


def find_negative(names: Sequence[str], rules: NegativeRules) -> int | None:
    """Return the number of the negative class; None where no rule needs it.

    Raises
    ------
    InputError
        A rule needs it and there is none, or none of the name that is set.
    """
    if not rules.is_on and rules.name is None:
        return None
    wanted = rules.name or _NEGATIVE
    folded = [name.casefold() for name in names]
    if wanted.strip().casefold() not in folded:
        raise InputError(
            found=f"no class {wanted} among {len(names)} classes ({', '.join(names[:3])} ...)",
            where="the rules of the negative class",
            expected=f"the class of unstained cells, one of {', '.join(names)}",
            advice="name it, as with combine.rules.negative.name=..., or leave combine.rules.negative out",
        )
    return folded.index(wanted.strip().casefold()) if rules.is_on else None


def apply_negative_rules(
    values: NDArray[np.float64], rules: NegativeRules, negative: int | None
) -> NDArray[np.float64]:
    """Return the confidences (n, classes) after the rules of the negative class."""
    if negative is None:
        return values
    values = values.copy()
    others = np.arange(values.shape[1]) != negative
    if rules.confidence == "1-max":
        values[:, negative] = 1 - values[:, others].max(axis=1, initial=0)
    elif rules.confidence == "product":
        values[:, negative] = np.prod(1 - values[:, others], axis=1)
    if rules.damps_others:
        values[:, others] *= 1 - values[:, [negative]]
    return values

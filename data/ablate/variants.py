"""Rules that are switched on one by one, or off where they are on."""

from collections.abc import Iterator, Mapping
from typing import Any

from data.rules.rules import Rules

SWITCHES: dict[str, dict[str, dict[str, Any]]] = {
    "image: cell alone": {"image": {"fusion": "cell"}},
    "image: mean, a quarter of the image": {"image": {"fusion": "mean", "weight": 0.25, "joint_weight": 0.0}},
    "image: mean, half and half": {"image": {"fusion": "mean", "weight": 0.5, "joint_weight": 0.0}},
    "image: mean, three quarters of the image": {
        "image": {"fusion": "mean", "weight": 0.75, "joint_weight": 0.0}
    },
    "image: mean, with the joint evidence": {"image": {"fusion": "mean", "weight": 0.0, "joint_weight": 0.5}},
    "image: mean, with joint evidence and union": {
        "image": {"fusion": "mean", "weight": 0.4, "joint_weight": 0.3, "statistic": "union"}
    },
    "image: product": {"image": {"fusion": "product"}},
    "image: square root of the product": {"image": {"fusion": "root"}},
    "image: blend": {"image": {"fusion": "blend"}},
    "image: product with the union": {"image": {"fusion": "product", "statistic": "union"}},
    "negative: 1 - max": {"negative": {"confidence": "1-max"}},
    "negative: product of (1 - p)": {"negative": {"confidence": "product"}},
    "negative: damps the others": {"negative": {"damps_others": True}},
    "rare: gate by the image": {"rare": {"image_gate": True}},
    "rare: half of the rank in the image": {"rare": {"rank_weight": 0.5}},
    "cells: weight by the part inside": {"cells": {"border": "weight"}},
    "cells: leave out invisible ones": {"cells": {"invisible": "leave-out"}},
    "cells: weight outliers in size": {"cells": {"size": "weight"}},
    "cells: leave out outliers in size": {"cells": {"size": "leave-out"}},
}
"""Name of a rule -> the settings that it is."""

CLASSIFIER_SWITCHES: dict[str, dict[str, dict[str, Any]]] = {
    "image: mean with the classifier, a quarter": {
        "image": {"fusion": "mean", "weight": 0.25, "joint_weight": 0.0, "statistic": "classifier"}
    },
    "image: mean with the classifier, half": {
        "image": {"fusion": "mean", "weight": 0.5, "joint_weight": 0.0, "statistic": "classifier"}
    },
    "image: product with the classifier": {"image": {"fusion": "product", "statistic": "classifier"}},
    "image: blend with the classifier": {"image": {"fusion": "blend", "statistic": "classifier"}},
    "image: as predicted, gate by the classifier": {
        "image": {"statistic": "classifier"},
        "rare": {"image_gate": True},
    },
}
"""The same of rules that need the predictions of a classifier of whole fields."""


def list_variants(
    base: Rules, *, classified: bool = False, negative: bool = True
) -> Iterator[tuple[str, Rules]]:
    """Return names and rules: those of a base as they are, and with one rule switched.

    A rule that the base has is switched off, by the defaults of its settings, and any other on.

    Parameters
    ----------
    base
        The rules.
    classified
        Whether there are predictions of whole fields, for the rules that need them.
    negative
        Whether there is a negative class, for the rules that are of it.
    """
    for name, switch in (SWITCHES | (CLASSIFIER_SWITCHES if classified else {})).items():
        if "negative" in switch and not negative:
            continue
        is_on = all(
            getattr(getattr(base, part), key) == value
            for part, values in switch.items()
            for key, value in values.items()
        )
        if is_on:
            yield f"without {name}", _replace(base, _defaults(switch))
        else:
            yield f"with {name}", _replace(base, switch)


def _defaults(switch: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    usual = Rules.model_validate({}).model_dump()
    return {part: {key: usual[part][key] for key in values} for part, values in switch.items()}


def _replace(base: Rules, switch: Mapping[str, Mapping[str, Any]]) -> Rules:
    values = base.model_dump()
    for part, changed in switch.items():
        values[part] |= changed
    return Rules.model_validate(values)

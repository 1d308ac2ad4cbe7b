"""Rules that were given and do nothing, because the rule that they belong to is off."""

from data.rules.rules import Rules


def find_idle(rules: Rules) -> list[tuple[str, str]]:
    """Find the settings that were given and change nothing.

    Returns
    -------
    list of (str, str)
        Name of each below the rules, such as ``image.weight``, and what it needs.
    """
    image, rare, cells = rules.image, rules.rare, rules.cells
    fuses = image.fusion != "as-predicted"
    needs = {
        "image.weight": (image.fusion == "mean", 'image.fusion = "mean"'),
        "image.joint_weight": (image.fusion == "mean", 'image.fusion = "mean"'),
        "image.predicted_weight": (fuses, "an image.fusion"),
        "image.statistic": (
            (fuses and image.fusion != "cell") or rare.is_on,
            "an image.fusion with the image's probability, or a rule of rare classes",
        ),
        "negative.name": (
            rules.negative.is_on,
            'negative.confidence = "1-max" or "product", or negative.damps_others = true',
        ),
        "rare.classes": (rare.is_on, "rare.image_gate = true or a rare.rank_weight"),
        "cells.min_nucleus_intensity": (cells.invisible != "keep", 'cells.invisible = "leave-out"'),
        "cells.max_deviations": (cells.size != "keep", 'cells.size = "weight" or "leave-out"'),
    }
    given = {f"{name}.{key}" for name in Rules.model_fields for key in getattr(rules, name).model_fields_set}
    return [(name, need) for name, (is_used, need) in needs.items() if name in given and not is_used]

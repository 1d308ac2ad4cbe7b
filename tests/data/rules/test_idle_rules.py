import pytest

from data.rules.idle_rules import find_idle
from data.rules.rules import Rules


@pytest.mark.parametrize(
    ("rules", "idle"),
    [
        ({}, []),
        ({"image": {"weight": 0.8}}, ["image.weight"]),
        (
            {"image": {"fusion": "product", "weight": 0.8, "joint_weight": 0.1}},
            ["image.weight", "image.joint_weight"],
        ),
        ({"image": {"fusion": "mean", "weight": 0.8, "joint_weight": 0.1, "predicted_weight": 0}}, []),
        ({"image": {"statistic": "union"}}, ["image.statistic"]),
        ({"image": {"fusion": "cell", "statistic": "union"}}, ["image.statistic"]),
        ({"image": {"statistic": "union"}, "rare": {"image_gate": True}}, []),
        ({"image": {"predicted_weight": 0}}, ["image.predicted_weight"]),
        ({"negative": {"name": "None"}}, ["negative.name"]),
        ({"negative": {"name": "None", "damps_others": True}}, []),
        ({"rare": {"classes": ["Centrosome"]}}, ["rare.classes"]),
        ({"rare": {"classes": ["Centrosome"], "rank_weight": 0.5}}, []),
        ({"cells": {"max_deviations": 2}}, ["cells.max_deviations"]),
        ({"cells": {"max_deviations": 2, "size": "weight"}}, []),
        ({"cells": {"min_nucleus_intensity": 0.1}}, ["cells.min_nucleus_intensity"]),
        ({"cells": {"min_nucleus_intensity": 0.1, "invisible": "leave-out"}}, []),
    ],
)
def test_settings_of_rules_that_are_off_are_found(rules: dict, idle: list[str]) -> None:
    assert [name for name, _ in find_idle(Rules.model_validate(rules))] == idle

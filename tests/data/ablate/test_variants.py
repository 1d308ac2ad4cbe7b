import pytest

from data.ablate.variants import CLASSIFIER_SWITCHES, SWITCHES, list_variants
from data.rules.rules import Rules


def test_each_rule_is_switched_on_alone() -> None:
    variants = dict(list_variants(Rules()))
    assert list(variants) == [f"with {name}" for name in SWITCHES]
    assert (
        len({rules.model_dump_json() for rules in variants.values()} | {Rules().model_dump_json()})
        == len(SWITCHES) + 1
    )


def test_what_the_base_has_is_switched_off() -> None:
    base = Rules.model_validate({"image": {"fusion": "product"}, "cells": {"border": "weight"}})
    variants = dict(list_variants(base))
    assert variants["without image: product"] == Rules.model_validate({"cells": {"border": "weight"}})
    assert variants["without cells: weight by the part inside"] == Rules.model_validate(
        {"image": {"fusion": "product"}}
    )
    assert variants["with negative: 1 - max"].negative.confidence == "1-max"
    assert variants["with negative: 1 - max"].image == base.image


def test_rules_of_the_negative_class_need_one() -> None:
    left_out = dict(list_variants(Rules())).keys() - dict(list_variants(Rules(), negative=False)).keys()
    assert left_out == {f"with {name}" for name in SWITCHES if name.startswith("negative: ")}
    assert len(left_out) == 3


def test_rules_that_need_a_classifier_of_fields() -> None:
    variants = dict(list_variants(Rules(), classified=True))
    others = variants.keys() - dict(list_variants(Rules())).keys()
    assert others == {f"with {name}" for name in CLASSIFIER_SWITCHES}
    assert all(variants[name].image.statistic == "classifier" for name in others)
    base = Rules.model_validate({"image": {"fusion": "blend", "statistic": "classifier"}})
    assert dict(list_variants(base, classified=True))["without image: blend with the classifier"] == Rules()


@pytest.mark.parametrize(
    "image",
    [
        {"fusion": "mean", "statistic": "union", "weight": 0.4, "joint_weight": 0.3},
        {"fusion": "mean", "weight": 0.0, "joint_weight": 1.0},
        {"fusion": "mean", "weight": 1.0},
        {"fusion": "mean", "weight": 0.5, "joint_weight": 0.5, "statistic": "classifier"},
    ],
)
def test_every_base_can_be_varied(image: dict[str, object]) -> None:
    variants = dict(list_variants(Rules.model_validate({"image": image}), classified=True))
    assert len(variants) == len(SWITCHES) + len(CLASSIFIER_SWITCHES)
    assert variants["with image: mean, a quarter of the image"].image.joint_weight == 0

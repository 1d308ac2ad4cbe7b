"""The rules beside plain loops over cells."""

import math

import numpy as np
import pytest

from data.errors import InputError
from data.rules.cell_facts import CellFacts
from data.rules.image_mean import average_with_image_mean
from data.rules.rules import Rules, apply_rules, with_negative

NAMES = ("Nucleoplasm", "Mitotic spindle", "Negative")
IMAGES = np.array(["b", "a", "b", "a", "b"])
N = len(IMAGES)


@pytest.fixture
def own() -> np.ndarray:
    return np.random.default_rng(2).random((N, 3))


def facts(**changed: np.ndarray) -> CellFacts:
    usual = {
        "image_ids": IMAGES,
        "areas": np.array([100.0, 110.0, 90.0, 105.0, 95.0]),
        "fraction_inside": np.array([1, 0.5, 1, 1, 0.25]),
        "nucleus_intensity": np.array([0.2, 0.01, 0.3, np.nan, 0.5]),
    }
    return CellFacts(**usual | changed)


def apply(values: np.ndarray, weight: float | None = 0.0, **rules: dict) -> np.ndarray:
    return apply_rules(values, facts(), NAMES, Rules.model_validate(rules), weight).values


def image_of(values: np.ndarray, row: int, statistic: str = "mean") -> np.ndarray:
    members = [values[other] for other in range(N) if IMAGES[other] == IMAGES[row]]
    return np.mean(members, axis=0) if statistic == "mean" else np.max(members, axis=0)


def test_without_rules_nothing_changes(own: np.ndarray) -> None:
    values = own.astype(np.float32)
    made = apply_rules(values, facts(), NAMES, Rules(), None)
    assert made.values is values
    assert not made.left_out.any()


@pytest.mark.parametrize("statistic", ["mean", "union"])
@pytest.mark.parametrize(
    ("fusion", "formula"),
    [
        ("cell", lambda c, i: c),
        ("mean", lambda c, i: 0.7 * c + 0.3 * i),
        ("product", lambda c, i: c * i),
        ("root", lambda c, i: math.sqrt(c * i)),
        ("blend", lambda c, i: 0.25 * c + 0.25 * i + 0.5 * math.sqrt(c * i)),
    ],
)
def test_image_beside_cell(own: np.ndarray, fusion: str, formula, statistic: str) -> None:
    found = apply(own, image={"fusion": fusion, "weight": 0.3, "statistic": statistic})
    for row in range(N):
        image = image_of(own, row, statistic)
        assert found[row] == pytest.approx([formula(c, i) for c, i in zip(own[row], image, strict=True)])


def test_joint_evidence_of_the_cells(own: np.ndarray) -> None:
    found = apply(own, image={"fusion": "mean", "weight": 0.2, "joint_weight": 0.3, "statistic": "union"})
    for row in range(N):
        members = [own[other] for other in range(N) if IMAGES[other] == IMAGES[row]]
        raised = [
            math.exp(sum(math.log(cell[label] + 1e-4) for cell in members) / math.sqrt(len(members)))
            for label in range(3)
        ]
        joint = [value / sum(raised) for value in raised]
        image = image_of(own, row, "union")
        expected = [0.5 * c + 0.2 * i + 0.3 * j for c, i, j in zip(own[row], image, joint, strict=True)]
        assert found[row] == pytest.approx(expected)


def test_the_joint_evidence_of_one_cell_is_its_own() -> None:
    values = np.array([[0.2, 0.5, 0.3]])
    alone = CellFacts(np.array(["a"]), *[np.ones(1)] * 3)
    rules = Rules.model_validate({"image": {"fusion": "mean", "weight": 0, "joint_weight": 1}})
    assert apply_rules(values, alone, NAMES, rules, 0.0).values == pytest.approx(values, abs=2e-4)


def test_weights_of_more_than_one_together() -> None:
    with pytest.raises(ValueError, match=r"weight 0\.5 and joint_weight 0\.7 are more than 1"):
        Rules.model_validate({"image": {"fusion": "mean", "joint_weight": 0.7}})


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 0.9])
def test_the_image_mean_of_the_predictions_is_taken_out_first(own: np.ndarray, weight: float) -> None:
    predicted = average_with_image_mean(own, IMAGES, weight)
    rules = {"fusion": "product"}
    assert apply(predicted, weight, image=rules) == pytest.approx(apply(own, 0.0, image=rules), abs=3e-6)
    # Also where the table does not tell the weight.
    told = rules | {"predicted_weight": weight}
    assert apply(predicted, None, image=told) == pytest.approx(apply(own, 0.0, image=rules), abs=3e-6)


@pytest.mark.parametrize(("weight", "found"), [(None, "an unknown part"), (1.0, "image's mean alone")])
def test_where_nothing_of_the_cell_is_left_or_known(
    own: np.ndarray, weight: float | None, found: str
) -> None:
    with pytest.raises(InputError, match=found):
        apply(own, weight, image={"fusion": "root"})
    assert apply(own, weight, cells={"border": "weight"}).shape == own.shape


def test_the_negative_class(own: np.ndarray) -> None:
    least = apply(own, negative={"confidence": "1-max"})
    product = apply(own, negative={"confidence": "product"})
    damped = apply(own, negative={"damps_others": True})
    both = apply(own, negative={"confidence": "product", "damps_others": True})
    for row, (first, second, negative) in enumerate(own):
        none = (1 - first) * (1 - second)
        assert least[row] == pytest.approx([first, second, 1 - max(first, second)])
        assert product[row] == pytest.approx([first, second, none])
        assert damped[row] == pytest.approx([first * (1 - negative), second * (1 - negative), negative])
        assert both[row] == pytest.approx([first * (1 - none), second * (1 - none), none])


def test_a_label_set_without_a_negative_class(own: np.ndarray) -> None:
    rules = Rules.model_validate({"negative": {"confidence": "product"}})
    with pytest.raises(InputError, match="no class Negative"):
        apply_rules(own, facts(), ("a", "b", "c"), rules, 0.0)


def test_the_negative_class_by_another_name(own: np.ndarray) -> None:
    names = ("Negative", "Unstained", "Mitotic spindle")
    rules = Rules.model_validate({"negative": {"confidence": "1-max"}})
    named = with_negative(rules, "Unstained")
    found = apply_rules(own, facts(), names, named, 0.0).values
    np.testing.assert_allclose(found[:, 1], 1 - own[:, [0, 2]].max(axis=1))
    np.testing.assert_array_equal(found[:, [0, 2]], own[:, [0, 2]])
    # A name that is set comes before that of the label set, in any letter case.
    own_name = Rules.model_validate({"negative": {"confidence": "1-max", "name": "mitotic Spindle"}})
    found = apply_rules(own, facts(), names, with_negative(own_name, "Unstained"), 0.0).values
    np.testing.assert_allclose(found[:, 2], 1 - own[:, :2].max(axis=1))
    unknown = Rules.model_validate({"negative": {"name": "None"}})
    with pytest.raises(InputError, match="no class None among 3 classes"):
        apply_rules(own, facts(), names, unknown, 0.0)
    # None is a name as others are, also where settings that may be left out take none.
    assert unknown.negative.name == "None"
    assert Rules.model_validate({"negative": {"name": None}}).negative.name is None
    # Where nothing is asked of it, nothing changes.
    assert with_negative(Rules(), "Unstained") == Rules()


def test_rare_classes_count_as_far_as_the_image_has_them(own: np.ndarray) -> None:
    found = apply(own, rare={"classes": ["Mitotic spindle"], "image_gate": True})
    for row in range(N):
        gate = image_of(own, row)[1]
        assert found[row] == pytest.approx([own[row, 0], own[row, 1] * gate, own[row, 2]])
    assert apply(own, rare={"image_gate": True})[:, 2] == pytest.approx(
        [own[row, 2] * image_of(own, row)[2] for row in range(N)]
    )


def test_the_rank_in_the_image() -> None:
    values = np.array([[0.2], [0.9], [0.5], [0.9], [0.5]])
    rules = Rules.model_validate({"rare": {"rank_weight": 0.5}})
    found = apply_rules(values, facts(), ("Nucleoplasm",), rules, 0.0).values[:, 0]
    # Image b has 0.2, 0.5 and 0.5: ranks 1, 2.5 and 2.5 of 3; image a twice 0.9: ranks 1.5 and 1.5 of 2.
    expected = [0.1 + 0.2 / 3, 0.45 + 0.45 * 0.75, 0.25 + 0.2 * 2.5 / 3]
    assert found[:3] == pytest.approx(expected)
    assert found[3:] == pytest.approx([expected[1], expected[2]])


def test_an_unknown_rare_class(own: np.ndarray) -> None:
    with pytest.raises(InputError, match="class 'Spindle'.*Mitotic spindle"):
        apply(own, rare={"classes": ["Spindle"], "image_gate": True})


def test_cells_at_the_border(own: np.ndarray) -> None:
    found = apply(own, cells={"border": "weight"})
    assert found == pytest.approx(own * np.array([1, 0.5, 1, 1, 0.25])[:, np.newaxis])


def test_invisible_cells_are_left_out_and_unknown_ones_stay(own: np.ndarray) -> None:
    rules = Rules.model_validate({"cells": {"invisible": "leave-out", "min_nucleus_intensity": 0.1}})
    made = apply_rules(own, facts(), NAMES, rules, 0.0)
    assert made.left_out.tolist() == [False, True, False, False, False]
    assert made.values == pytest.approx(own)


def test_outliers_in_size(own: np.ndarray) -> None:
    areas = np.exp(np.array([0.0, 1.0, 2.0, 3.0, 12.0]))
    # The median of the logarithms is 2, the median distance from it 1.
    deviations = 10 / 1.4826
    rules = Rules.model_validate({"cells": {"size": "weight", "max_deviations": 3}})
    found = apply_rules(own, facts(areas=areas), NAMES, rules, 0.0).values
    assert found[:4] == pytest.approx(own[:4])
    assert found[4] == pytest.approx(own[4] * 3 / deviations)
    rules = Rules.model_validate({"cells": {"size": "leave-out", "max_deviations": 3}})
    left_out = apply_rules(own, facts(areas=areas), NAMES, rules, 0.0).left_out
    assert left_out.tolist() == [False] * 4 + [True]


def test_no_cells() -> None:
    empty = CellFacts(np.empty(0, str), *[np.empty(0)] * 3)
    for part in (
        {"image": {"fusion": "blend"}},
        {"rare": {"image_gate": True}},
        {"cells": {"size": "weight"}},
    ):
        made = apply_rules(np.empty((0, 3)), empty, NAMES, Rules.model_validate(part), 0.0)
        assert made.values.shape == (0, 3)


@pytest.mark.parametrize(
    ("fusion", "formula"),
    [
        ("mean", lambda c, i: 0.7 * c + 0.3 * i),
        ("product", lambda c, i: c * i),
        ("root", lambda c, i: math.sqrt(c * i)),
        ("blend", lambda c, i: 0.25 * c + 0.25 * i + 0.5 * math.sqrt(c * i)),
    ],
)
def test_what_a_classifier_of_fields_says_in_place_of_the_cells(
    own: np.ndarray, fusion: str, formula
) -> None:
    of_fields = {"a": np.array([0.1, 0.9, 0.4]), "b": np.array([0.8, 0.0, 0.3])}
    said = np.array([of_fields[image_id] for image_id in IMAGES])
    image = {"fusion": fusion, "weight": 0.3, "statistic": "classifier"}
    rules = Rules.model_validate({"image": image})
    mixed = average_with_image_mean(own, IMAGES, 0.5)
    found = apply_rules(mixed, facts(), NAMES, rules, 0.5, said).values
    for row, image_id in enumerate(IMAGES):
        expected = [formula(c, i) for c, i in zip(own[row], of_fields[image_id], strict=True)]
        assert found[row] == pytest.approx(expected, abs=1e-6)
    gated = Rules.model_validate({"image": {"statistic": "classifier"}, "rare": {"image_gate": True}})
    np.testing.assert_allclose(apply_rules(own, facts(), NAMES, gated, None, said).values, own * said)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydantic import ValidationError

from data.errors import InputError
from data.explore.repetition import RepetitionSettings, count_repetitions
from data.labels.label_set import LabelSet
from data.training.balance import balance_items
from data.training.training_set import DataSettings

CLASSES = LabelSet(names=("common", "rare", "negative"), negative=2)
SHOWN = np.array([[1, 0, 0]] * 8 + [[1, 1, 0]] * 2 + [[0, 0, 1]], bool)


def count(shown: np.ndarray = SHOWN, **settings: object):
    return count_repetitions(shown, RepetitionSettings.model_validate(settings), CLASSES)


def test_nothing_asked_changes_nothing() -> None:
    assert RepetitionSettings().changes_nothing
    counted = count()
    assert counted["before"].tolist() == counted["after"].tolist() == [10, 2, 1]


def test_each_class_gets_as_many_as_asked() -> None:
    # Four more of the rare class, which show the common one, too, and five more negative ones.
    assert count(min_cells_per_class=6)["after"].tolist() == [14, 6, 6]
    assert not RepetitionSettings(min_cells_per_class=6).changes_nothing


def test_single_label_images_alone() -> None:
    counted = count(images="single", min_cells_per_class=6)
    assert counted["before"].tolist() == [8, 0, 1]
    assert counted["after"].tolist() == [8, 0, 6]


def test_made_negatives_count_as_negative() -> None:
    assert count(synthetic_negative_fraction=1)["after"].tolist() == [10, 2, 12]
    with pytest.raises(InputError, match="no negative class"):
        count_repetitions(
            SHOWN, RepetitionSettings(synthetic_negative_fraction=1), LabelSet(names=CLASSES.names)
        )


@given(hnp.arrays(bool, (12, 3)), st.floats(1, 5), st.integers(0, 30), st.integers(0, 3))
def test_a_training_repeats_just_so(
    shown: np.ndarray, max_oversampling: float, least: int, seed: int
) -> None:
    counted = count(shown, max_oversampling=max_oversampling, min_cells_per_class=least, seed=seed)
    data = DataSettings(max_oversampling=max_oversampling, min_cells_per_class=least)
    items = balance_items(shown.astype(np.float32), data, CLASSES, seed)
    expected = [sum(target[label] > 0 for target in items.targets) for label in range(3)]
    assert counted["after"].tolist() == expected


@pytest.mark.parametrize("name", ["max_oversampling", "min_cells_per_class", "synthetic_negative_fraction"])
def test_limits_and_defaults_are_those_of_training(name: str) -> None:
    ours, trainings = (
        settings.model_json_schema()["properties"][name] for settings in (RepetitionSettings, DataSettings)
    )
    for schema in (ours, trainings):
        schema.pop("description")
    assert ours == trainings
    with pytest.raises(ValidationError):
        RepetitionSettings.model_validate({name: -1})

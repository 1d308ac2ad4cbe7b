import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InputError
from data.training.pseudo_labels import check_classes, soften_targets


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 5), st.booleans(), st.floats(0, 1, width=32)
)
def test_targets_are_mixed_as_a_plain_loop_does(
    seed: int, cells: int, classes: int, single_label: bool, weight: float
) -> None:
    random = np.random.default_rng(seed)
    targets = (random.random((cells, classes)) < 0.5).astype(np.float32)
    probabilities = random.random((cells, classes)).astype(np.float32)
    probabilities[random.random(cells) < 0.3] = np.nan
    mixed = soften_targets(targets, probabilities, single_label=single_label, weight=weight)
    assert mixed.dtype == np.float32
    for cell in range(cells):
        for label in range(classes):
            target, probability = targets[cell, label], probabilities[cell, label]
            if np.isnan(probability):
                expected = target
            elif single_label:
                expected = (1 - weight) * target + weight * probability
            else:
                expected = target * (1 - weight + weight * probability)
            assert mixed[cell, label] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("predicted", "found"),
    [
        (("One",), "1 classes, Two in one set only; expected the 2 classes"),
        (("One", "Three"), "2 classes, Three in one set only"),
        (("Two", "One"), "2 classes; expected the 2 classes of the label set, in their order"),
    ],
)
def test_other_classes(predicted: tuple[str, ...], found: str) -> None:
    check_classes(("One", "Two"), ("One", "Two"))
    with pytest.raises(InputError, match=f"the out-of-fold predictions: {found}"):
        check_classes(predicted, ("One", "Two"))

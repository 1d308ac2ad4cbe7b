import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.labels.label_file import NEGATIVE, NUM_CLASSES
from data.simulate.labelling.cell_labels import (
    HIDDEN_SHARES,
    OUTLASTING,
    class_wise_varied_labels,
    evenly_varied_labels,
)
from data.simulate.labelling.image_labels import MITOTIC_SPINDLE

CLASSES = st.sets(st.integers(0, NUM_CLASSES - 1), min_size=1, max_size=4)
MITOTIC = st.lists(st.booleans(), min_size=1, max_size=12)


def check_cells(cells, classes, mitotic):
    assert len(cells) == len(mitotic)
    for labels, divides in zip(cells, mitotic, strict=True):
        assert list(labels) == sorted(set(labels))
        assert labels == (NEGATIVE,) or NEGATIVE not in labels
        assert (labels == (MITOTIC_SPINDLE,)) == (divides and MITOTIC_SPINDLE in classes)
        assert set(labels) <= classes | {NEGATIVE}
        if divides:
            assert set(labels) <= OUTLASTING | {MITOTIC_SPINDLE, NEGATIVE}
    if not all(mitotic):
        shown = {label for labels in cells for label in labels}
        assert classes - {NEGATIVE, MITOTIC_SPINDLE} <= shown


@settings(max_examples=200)
@given(CLASSES, MITOTIC, st.floats(0, 1), st.floats(0, 1), st.integers(0, 1000))
def test_every_class_is_shown_by_a_cell_that_can_show_it(classes, mitotic, negative, missing, seed):
    cells = evenly_varied_labels(
        tuple(sorted(classes)),
        mitotic,
        np.random.default_rng(seed),
        negative_cells=negative,
        missing_patterns=missing,
    )
    check_cells(cells, classes, mitotic)


@settings(max_examples=200)
@given(CLASSES, MITOTIC, st.floats(0, 1), st.integers(0, 1000))
def test_every_class_is_shown_whatever_its_variability(classes, mitotic, share, seed):
    hidden = dict.fromkeys(range(NUM_CLASSES), share)
    random = np.random.default_rng(seed)
    cells = class_wise_varied_labels(tuple(sorted(classes)), mitotic, random, hidden=hidden)
    check_cells(cells, classes, mitotic)


def test_cells_lack_patterns_as_often_as_asked():
    cells = evenly_varied_labels(
        (0, 14), [False] * 4000, np.random.default_rng(0), negative_cells=0.1, missing_patterns=0.25
    )
    negative_asked = sum(labels == (NEGATIVE,) for labels in cells) / 4000
    assert negative_asked == pytest.approx(0.1 + 0.9 * 0.25**2, abs=0.02)
    assert sum(0 in labels for labels in cells) / 4000 == pytest.approx(0.9 * 0.75, abs=0.03)


def test_each_class_is_hidden_as_often_as_asked_and_none_shown_is_negative():
    hidden = {0: 0.1, 12: 0.4}
    cells = class_wise_varied_labels((0, 12), [False] * 4000, np.random.default_rng(0), hidden=hidden)
    for label, share in hidden.items():
        assert sum(label not in labels for labels in cells) / 4000 == pytest.approx(share, abs=0.03)
    assert sum(labels == (NEGATIVE,) for labels in cells) / 4000 == pytest.approx(0.04, abs=0.015)


def test_every_class_has_a_share_and_the_spindle_none():
    assert len(HIDDEN_SHARES) == NUM_CLASSES
    assert all(0 <= share < 0.5 for share in HIDDEN_SHARES)
    assert HIDDEN_SHARES[MITOTIC_SPINDLE] == HIDDEN_SHARES[NEGATIVE] == 0

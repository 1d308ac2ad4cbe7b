from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from data.simulate.antibodies import field_classes, label_cells, make_antibody
from data.simulate.field_settings import FieldSettings
from data.simulate.labelling.cell_labels import HIDDEN_SHARES
from data.simulate.labelling.image_labels import even_classes, kaggle_classes

KAGGLE = FieldSettings(shape=(256, 256), seed=8, labels="kaggle", even_share=0.3, absent_classes=0.1)


def test_the_scheme_decides_the_classes():
    even = FieldSettings(shape=(256, 256), seed=8)
    for number in range(30):
        assert make_antibody(number, even).classes == even_classes(8, number)
        assert make_antibody(number, KAGGLE).classes == kaggle_classes(8, number, 0.3)


def test_variability_scales_the_shares_of_cells_without_a_class():
    antibodies = [make_antibody(number, KAGGLE) for number in range(300)]
    assert np.mean([antibody.hidden for antibody in antibodies], axis=0) == pytest.approx(
        HIDDEN_SHARES, rel=0.1
    )
    assert antibodies[0].hidden != antibodies[1].hidden
    steady = make_antibody(3, replace(KAGGLE, variability=0.0))
    assert set(steady.hidden) == {0.0}
    assert max(make_antibody(3, replace(KAGGLE, variability=9.0)).hidden) <= 0.9


def test_now_and_then_one_of_several_classes_is_absent():
    fields = Counter()
    for index in range(3000):
        antibody = make_antibody(index // 2, KAGGLE)
        classes = field_classes(antibody, index, KAGGLE)
        assert set(classes) <= set(antibody.classes)
        assert classes
        fields[len(antibody.classes) > 1, len(antibody.classes) - len(classes)] += 1
    assert fields[False, 1] == 0
    assert set(fields) == {(False, 0), (True, 0), (True, 1)}
    assert fields[True, 1] / (fields[True, 0] + fields[True, 1]) == pytest.approx(0.1, abs=0.025)


def test_cells_vary_by_the_antibody_at_kaggle_and_alike_in_the_even_scheme():
    antibody = replace(make_antibody(0, KAGGLE), classes=(12,), hidden=(0.5,) * 19)
    even = replace(KAGGLE, labels="even", negative_cells=0.1)
    for settings, share in ((KAGGLE, 0.5), (even, 0.9)):
        cells = label_cells(antibody, (12,), [False] * 2000, settings, np.random.default_rng(1))
        assert Counter(cells)[12,] / 2000 == pytest.approx(share, abs=0.04)

import numpy as np
import pytest
from scipy.stats import entropy

from data.features.mutual_information import find_exciting_classes, measure_entropy, measure_information


@pytest.fixture
def neurons() -> tuple[np.ndarray, np.ndarray]:
    """One neuron that parts three classes, one that parts one from the others, one of noise, one dead."""
    random = np.random.default_rng(0)
    classes = np.repeat([1, 2, 5], 80)
    noise = random.normal(0, 0.1, (240, 3))
    values = np.stack([classes + noise[:, 0], (classes == 2) + noise[:, 1], noise[:, 2], np.zeros(240)], 1)
    return values, classes


def test_known_information(neurons) -> None:
    values, classes = neurons
    told = measure_information(values, classes, seed=1)
    assert told is not None
    # Classes that do not overlap tell all of the entropy.
    assert told[0] == pytest.approx(np.log(3), abs=0.1)
    assert told[1] == pytest.approx(entropy([1, 2]), abs=0.1)
    assert told[2] == pytest.approx(0, abs=0.12)
    assert told[3] == 0
    assert measure_entropy(classes) == pytest.approx(np.log(3))
    again = measure_information(values, classes, seed=1)
    np.testing.assert_array_equal(told, again)


def test_too_few(neurons) -> None:
    values, classes = neurons
    assert measure_information(values, np.zeros(240, int), 1) is None
    assert measure_information(values[:3], np.arange(3), 1) is None
    alone = classes.copy()
    alone[0] = 9
    assert measure_information(values, alone, 1) is not None
    assert measure_entropy(np.arange(3)) == 0


def test_exciting_classes(neurons) -> None:
    values, classes = neurons
    assert find_exciting_classes(values, classes)[:2].tolist() == [5, 2]

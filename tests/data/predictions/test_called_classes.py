import numpy as np

from data.predictions.called_classes import call_classes


def test_from_its_threshold_on_a_class_is_called() -> None:
    probabilities = np.array([[0.5, 0.2, 0.9], [0.49, 0.19, 0.89], [0.0, 1.0, 0.95]], np.float32)
    thresholds = np.array([0.5, 0.25, 0.875])
    assert call_classes(probabilities, thresholds) == ["0|2", "2", "1|2"]
    assert call_classes(probabilities[:1] - 0.1, thresholds) == [""]


def test_the_likeliest_class() -> None:
    assert call_classes(np.array([[0.1, 0.2], [0.3, 0.2]]), None) == ["1", "0"]


def test_no_cells() -> None:
    assert call_classes(np.zeros((0, 3)), None) == call_classes(np.zeros((0, 3)), np.full(3, 0.5)) == []

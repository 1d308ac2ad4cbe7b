import numpy as np
import pytest

from data.simulate.predictions import predict_labels


def _two_touching() -> np.ndarray:
    labels = np.zeros((160, 200), np.uint16)
    labels[40:120, 20:100], labels[40:120, 100:180] = 1, 2
    return labels


def test_shares_of_the_three_classes_add_up() -> None:
    prediction = predict_labels(_two_touching(), 4)
    assert (prediction.shape, prediction.dtype) == ((40, 50, 3), np.uint8)
    assert np.abs(prediction.sum(axis=2, dtype=int) - 255).max() <= 2


def test_without_noise_the_likeliest_class_is_the_known_one() -> None:
    labels = _two_touching()
    likeliest = predict_labels(labels, 4, noise=0).argmax(axis=2)
    assert (likeliest[:8] == 0).all()
    assert (likeliest[20, [7, 15, 35, 42]] == 2).all()
    assert (likeliest[12:28, 24:26] == 1).all()
    assert not (likeliest[:, :20] == 1).any()


def test_without_a_border_the_plane_is_empty() -> None:
    assert predict_labels(_two_touching(), 4, border_px=0, noise=0)[..., 1].max() == 0


def test_the_same_seed_gives_the_same_noise() -> None:
    one, same, other = (predict_labels(_two_touching(), 2, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.parametrize("shape", [(64, 48), (65, 51), (9, 5)])
def test_fields_of_one_label(number: int, shape: tuple[int, int]) -> None:
    prediction = predict_labels(np.full(shape, number, np.uint16), 4, noise=0)
    assert prediction.shape == (shape[0] // 4, shape[1] // 4, 3)
    assert (prediction.argmax(axis=2) == (2 if number else 0)).all()

import numpy as np
import pytest

from data.errors import InputError
from data.own_masks.notes import Notes
from data.own_masks.objects import fit_to_field, make_labels, renumber

SIZE = (40, 60)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"])
def test_whole_numbers_of_every_type(labels: np.ndarray, dtype: str) -> None:
    made = make_labels(labels.astype(dtype), SIZE, "a.tif")
    assert made.dtype.kind in "iu"
    np.testing.assert_array_equal(made, labels)


def test_axes_of_length_one_are_left_out(labels: np.ndarray) -> None:
    np.testing.assert_array_equal(make_labels(labels[None, :, :, None], SIZE, "a"), labels)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (1, 1, 7), (1, 7, 1)])
def test_masks_of_one_row_or_column_keep_two_axes(shape: tuple[int, ...]) -> None:
    made = make_labels(np.ones(shape, np.uint8), SIZE, "a")
    assert made.ndim == 2
    assert made.size == np.prod(shape)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda labels: labels / 2, "not whole, such as 0.5"),
        (lambda labels: np.where(labels > 0, labels, np.nan), "not finite"),
        (lambda labels: labels.astype(int) - 1, "the negative number -1"),
        (lambda labels: labels.astype(complex), "complex128"),
        (lambda labels: labels.astype(str), "values of type"),
        (lambda labels: labels[0], "shape"),
        (lambda labels: labels[:0], "shape"),
        (lambda labels: np.stack([labels] * 5), "a stack of 5 label images;"),
        (lambda labels: np.dstack([labels] * 3), "a stack of 3 label images .or colours."),
    ],
)
def test_what_is_no_label_image(labels: np.ndarray, change, message: str) -> None:
    with pytest.raises(InputError, match=f"a.npy: .*{message}"):
        make_labels(change(labels), SIZE, "a.npy")


@pytest.mark.parametrize("count", [2, 3, 4, 6])
@pytest.mark.parametrize("axis", [0, 2])
@pytest.mark.parametrize("value", [True, 1, 255])
def test_stacks_of_masks(count: int, axis: int, value: object) -> None:
    expected = np.zeros(SIZE, int)
    for number in range(count):
        expected[3:20, 9 * number : 9 * number + 9] = number + 1
    stack = np.stack([np.where(expected == number + 1, value, 0 * value) for number in range(count)], axis)
    np.testing.assert_array_equal(make_labels(stack, SIZE, "a"), expected)


def test_stacks_that_overlap_are_refused(labels: np.ndarray) -> None:
    stack = np.stack([labels == number for number in (1, 2, 3)])
    stack[2, 5:10, 20:30] = True
    with pytest.raises(InputError, match="masks 2 and 3 of a stack overlap by 50 px"):
        make_labels(stack, SIZE, "a")


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_scaling_by_whole_factors(labels: np.ndarray, factor: int) -> None:
    notes = Notes()
    larger = labels.repeat(factor, 0).repeat(factor, 1)
    np.testing.assert_array_equal(fit_to_field(labels, larger.shape, "a", notes), larger)
    np.testing.assert_array_equal(fit_to_field(larger, labels.shape, "a", notes), labels)
    assert "scaled to the image's size by nearest neighbour: 2 masks, such as a (" in notes.lines()[0]


def test_the_same_size_is_left_alone(labels: np.ndarray) -> None:
    notes = Notes()
    assert fit_to_field(labels, SIZE, "a", notes) is labels
    assert notes.lines() == []


@pytest.mark.parametrize("size", [(19, 29), (20, 31), (513, 770)])
def test_rounded_sides_fit(labels: np.ndarray, size: tuple[int, int]) -> None:
    assert fit_to_field(labels, size, "a", Notes()).shape == size


@pytest.mark.parametrize("size", [(40, 50), (60, 40), (80, 60), (2048, 2048)])
def test_another_aspect_ratio_is_refused(labels: np.ndarray, size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=f"60 x 40 px, but the image is {size[1]} x {size[0]} px") as refused:
        fit_to_field(labels, size, "a", Notes())
    assert ("turned by 90 degrees" in str(refused.value)) == (size == (60, 40))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint32, np.int64, np.uint64])
def test_gaps_are_closed_in_the_order_of_the_numbers(labels: np.ndarray, dtype: type) -> None:
    table = np.array([0, 7, 250, 90], dtype)
    renumbered, numbers = renumber(table[labels])
    np.testing.assert_array_equal(renumbered, np.array([0, 1, 3, 2])[labels])
    assert numbers.tolist() == [7, 90, 250]


def test_large_numbers_and_none(labels: np.ndarray) -> None:
    renumbered, numbers = renumber(labels.astype(np.int64) * 10**12)
    np.testing.assert_array_equal(renumbered, labels)
    assert numbers.tolist() == [10**12, 2 * 10**12, 3 * 10**12]
    assert renumber(labels * 0)[1].size == 0


def test_renumbering_over_several_strips() -> None:
    rng = np.random.default_rng(3)
    labels = rng.choice([0, 5, 6, 900, 70000], (1000, 30))
    values = np.unique(labels)
    np.testing.assert_array_equal(renumber(labels)[0], np.searchsorted(values, labels))

"""From an array as another program wrote it to a label image of the field's size."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.own_masks.notes import Notes

_STRIP_ROWS = 256
"""Rows worked on at a time, so that what is worked out for them stays small beside the image."""

_COLOURS = (3, 4)


def make_labels(array: NDArray[Any], size: tuple[int, int], where: object) -> NDArray[np.integer]:
    """Make a label image of an array.

    Parameters
    ----------
    array
        A label image (h, w) of any type whose values are whole numbers, or a stack of masks of one object
        each, (n, h, w) or (h, w, n).
    size
        Height and width of the field, px, by which the axes of a stack are told apart.
    where
        What to name in an error message.

    Returns
    -------
    ndarray (h, w)
        Integers, 0 = background.

    Raises
    ------
    InputError
        The values are no whole numbers from 0, the masks of a stack overlap, or it is none.
    """
    array = drop_single_axes(np.asarray(array))
    if array.dtype.kind not in "biuf":
        raise _refuse(found=f"values of type {array.dtype}", where=where)
    if array.dtype.kind == "f":
        array = _whole_numbers(array, where)
    if array.dtype == bool:
        array = array.view(np.uint8)
    if array.dtype.kind == "i" and array.size and int(array.min()) < 0:
        raise _refuse(found=f"the negative number {int(array.min())}", where=where)
    if array.ndim == 3:
        return _flatten_stack(array, size, where)
    if array.ndim != 2 or not array.size:
        raise _refuse(found=f"an array of shape {array.shape}", where=where)
    return array


def drop_single_axes(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array without axes of length 1, down to two: an image may be of one row."""
    for axis in reversed(range(array.ndim)):
        if array.ndim > 2 and array.shape[axis] == 1:
            array = np.squeeze(array, axis)
    return array


def fit_to_field(
    labels: NDArray[np.integer], size: tuple[int, int], where: object, notes: Notes
) -> NDArray[np.integer]:
    """Scale a label image to the field's size: each pixel has the number of the nearest one.

    Raises
    ------
    InputError
        The two differ in aspect ratio by more than the rounding of their sides.
    """
    (height, width), (h, w) = size, labels.shape
    if (h, w) == size:
        return labels
    # In pixels of the smaller one, whose sides were rounded.
    off = abs(h * width / height - w) if w < width else abs(w * height / h - width)
    if off > 1:
        turned = "; turned by 90 degrees it would fit" if (w, h) == size else ""
        raise InputError(
            found=f"{w} x {h} px, but the image is {width} x {height} px{turned}",
            where=where,
            expected="a mask of the image's size, or of its aspect ratio",
            advice="export the mask of the whole image again",
        )
    notes.add(
        "scaled to the image's size by nearest neighbour", f"{where} ({w} x {h} to {width} x {height} px)"
    )
    rows, columns = (
        np.minimum(((np.arange(long) + 0.5) * short / long).astype(np.intp), short - 1)
        for long, short in ((height, h), (width, w))
    )
    return labels[rows][:, columns]


def renumber(labels: NDArray[np.integer]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Renumber the objects of a label image 1..n, in the order of their numbers.

    Returns
    -------
    labels
        (h, w) uint32, or the array itself where its numbers are these already.
    numbers
        (n,) the numbers that they had.
    """
    strips = [labels[start : start + _STRIP_ROWS] for start in range(0, len(labels), _STRIP_ROWS)]
    numbers = np.unique(np.concatenate([np.unique(strip) for strip in strips]))
    numbers = numbers[numbers > 0]
    if len(numbers) == 0 or int(numbers[-1]) == len(numbers):
        return labels.astype(np.uint32, copy=False), numbers.astype(np.int64)
    numbered = np.zeros(labels.shape, np.uint32)
    for index, strip in enumerate(strips):
        places = np.searchsorted(numbers, strip) + 1
        numbered[index * _STRIP_ROWS :][: len(strip)] = np.where(strip > 0, places, 0)
    return numbered, numbers.astype(np.int64)


def _whole_numbers(array: NDArray[Any], where: object) -> NDArray[np.integer]:
    highest = float(np.abs(array).max(initial=0))
    if not np.isfinite(highest) or highest > np.iinfo(np.int64).max // 2:
        raise _refuse(found="values that are not finite", where=where)
    whole = array.astype(np.int64 if highest > np.iinfo(np.int32).max else np.int32)
    if not np.array_equal(whole, array):
        example = array[whole != array].flat[0]
        raise _refuse(found=f"numbers that are not whole, such as {example:.4g}", where=where)
    return whole


def _flatten_stack(array: NDArray[np.integer], size: tuple[int, int], where: object) -> NDArray[np.integer]:
    """Make one label image of a stack of masks that do not overlap."""
    if _fits(array.shape[:2], size) and not _fits(array.shape[1:], size):
        array = np.moveaxis(array, 2, 0)
    flat = np.zeros(array.shape[1:], np.uint32)
    for number, plane in enumerate(array, start=1):
        mask = plane > 0
        if not mask.any():
            continue
        if int(plane[mask].min()) != int(plane.max()):
            colours = " (or colours)" if len(array) in _COLOURS else ""
            raise _refuse(found=f"a stack of {len(array)} label images{colours}", where=where)
        overlap = int(np.count_nonzero(flat[mask]))
        if overlap:
            other = int(flat[mask].max())
            raise InputError(
                found=f"masks {other} and {number} of a stack overlap by {overlap} px",
                where=where,
                expected="each pixel in one cell at most",
                advice="decide which of them has the pixels, and save a label image",
            )
        flat[mask] = number
    return flat


def _fits(shape: tuple[int, ...], size: tuple[int, int]) -> bool:
    return abs(shape[0] * size[1] - shape[1] * size[0]) <= max(size)


def _refuse(*, found: str, where: object) -> InputError:
    return InputError(
        found=found,
        where=where,
        expected="a label image: one plane of whole numbers, 0 for the background, n for cell n",
        advice="save the labelled mask, not a picture or a probability map of it",
    )

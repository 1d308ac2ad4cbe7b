"""Mask strings of the Kaggle 2021 submission: base64 of zlib (level 9) of COCO's compressed run lengths.

Every cell of a label image is encoded in one pass over the image, byte for byte as pycocotools encodes the
full-size mask of each. Runs go down the columns: pixel (y, x) is number ``x * height + y``.
"""

import binascii
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.masks.coco_counts import read_counts, write_counts
from data.masks.label_image import MAX_CELLS
from data.masks.mask_error import MaskError

_MAX_PIXELS = 2**32 - 1
"""COCO's run lengths are unsigned 32-bit integers."""

_MAX_COUNTS_BYTES = 2**24
"""Far more than any cell takes; what is worked out of so many to find a bomb takes 100 MB."""

_STRIP_PIXELS = 2**18
"""Pixels compared at a time: the comparison stays in the processor's cache, and small beside the image."""


def encode_label_image(label_image: NDArray[np.integer]) -> list[str]:
    """Encode every cell of a label image.

    Parameters
    ----------
    label_image
        (H, W), any integer type: n marks cell n, 0 the background.

    Returns
    -------
    list of str
        The mask strings of the cells 1..n, where n is the highest number; a number that no pixel bears gives
        the string of an empty mask.

    Raises
    ------
    InputError
        A number is negative or above ``MAX_CELLS``, or the image has 2**32 pixels or more.

    Examples
    --------
    >>> import numpy as np
    >>> import hpacells as hpa
    >>> cells = np.zeros((4, 4), np.uint16)
    >>> cells[1:3, 1:3] = 1
    >>> strings = hpa.encode_label_image(cells)
    >>> len(strings)
    1
    >>> hpa.decode_mask(strings[0], height=4, width=4).astype(int)
    array([[0, 0, 0, 0],
           [0, 1, 1, 0],
           [0, 1, 1, 0],
           [0, 0, 0, 0]])
    """
    if label_image.size == 0:
        return []
    lowest, highest = int(label_image.min()), int(label_image.max())
    if lowest < 0 or highest > MAX_CELLS:
        raise InputError(
            found=f"the number {lowest if lowest < 0 else highest}",
            where="a label image to encode",
            expected=f"cell numbers 0..{MAX_CELLS}",
        )
    return _encode(label_image, highest)


def encode_mask(mask: NDArray[np.bool_]) -> str:
    """Encode one mask (H, W) of at least one pixel; what is not zero belongs to it.

    Examples
    --------
    >>> import numpy as np
    >>> import hpacells as hpa
    >>> string = hpa.encode_mask(np.ones((4, 4), bool))
    >>> int(hpa.decode_mask(string, height=4, width=4).sum())
    16
    """
    return _encode(np.asarray(mask, dtype=bool).view(np.uint8), 1)[0]


def encode_runs(runs: NDArray[np.int64]) -> str:
    """Encode one mask from its run lengths (1 or more, int64): column-major, zeros first."""
    return _pack(write_counts(runs, np.array([len(runs)]))[0])


def decode_runs(string: str, pixels: int | None = None, *, where: object = None) -> NDArray[np.int64]:
    """Decode a mask string to its run lengths, without ever laying out the mask.

    Parameters
    ----------
    string
        A mask string.
    pixels
        Height times width of the image. Where it is given, the runs must add up to it, and a string that
        would unpack to far more than such an image can need is refused.
    where
        What to name in an error message; by default the string's beginning.

    Returns
    -------
    ndarray (runs,)
        int64, column-major, zeros first (0 where the mask begins with its first pixel).

    Raises
    ------
    MaskError
        The string is not base64, or not zlib-compressed, or holds not COCO run lengths, or these do not
        add up to ``pixels``; or the image has 2**32 pixels or more.
    """
    where = where or f"mask {string[:16]}{'...' if len(string) > 16 else ''}"
    if pixels is not None and pixels > _MAX_PIXELS:
        raise MaskError(
            found=f"a mask of an image of {pixels} pixels",
            where=where,
            expected=f"at most {_MAX_PIXELS}",
            fault="size",
        )
    counts = _unpack(string, pixels, where)
    try:
        return _read_runs(counts, pixels, where)
    except MaskError as error:
        error.unpacked = len(counts)
        raise


def decode_mask(string: str, height: int, width: int, *, where: object = None) -> NDArray[np.bool_]:
    """Decode a mask string to a mask (height, width); raises as ``decode_runs`` does.

    Examples
    --------
    >>> import numpy as np
    >>> import hpacells as hpa
    >>> mask = np.eye(5, dtype=bool)
    >>> decoded = hpa.decode_mask(hpa.encode_mask(mask), height=5, width=5)
    >>> np.array_equal(decoded, mask)
    True
    """
    runs = decode_runs(string, height * width, where=where)
    values = np.arange(len(runs)) % 2 == 1
    return np.ascontiguousarray(np.repeat(values, runs).reshape(width, height).T)


def _read_runs(counts: bytes, pixels: int | None, where: object) -> NDArray[np.int64]:
    parts, total = [], 0
    for runs in read_counts(counts, where=where):
        total += int(runs.sum())
        if pixels is not None and total > pixels:
            break
        # Half as large, and no run is longer than its image.
        parts.append(runs if pixels is None else runs.astype(np.uint32))
    if pixels is not None and total != pixels:
        raise MaskError(
            found=f"the mask's runs add up to {total} pixels",
            where=where,
            expected=f"{pixels}, the image's height times width",
            fault="sum",
        )
    return np.concatenate([np.empty(0, np.int64), *parts]).astype(np.int64, copy=False)


def _encode(label_image: NDArray[np.integer], count: int) -> list[str]:
    if not 1 <= label_image.size <= _MAX_PIXELS:
        raise InputError(
            found=f"{label_image.size} pixels",
            where="a label image to encode",
            expected=f"1..{_MAX_PIXELS}",
        )
    runs, sizes = _runs_of_cells(label_image, count)
    return [_pack(counts) for counts in write_counts(runs, sizes)]


def _pack(counts: bytes) -> str:
    return binascii.b2a_base64(zlib.compress(counts, 9), newline=False).decode("ascii")


def _runs_of_cells(
    label_image: NDArray[np.integer], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the run lengths of the masks of cells 1..count, one after the other, and how many each has."""
    pixels = label_image.size
    starts = _run_starts(label_image)
    labels = label_image[starts % label_image.shape[0], starts // label_image.shape[0]].astype(np.uint16)
    ends = np.append(starts[1:], pixels)
    # A stable sort of 16-bit numbers is a radix sort, and keeps the runs of a cell in their order.
    by_cell = np.argsort(labels, kind="stable")[np.count_nonzero(labels == 0) :]
    starts, ends, cells = starts[by_cell], ends[by_cell], labels[by_cell].astype(np.int64) - 1

    ones = np.bincount(cells, minlength=count)
    stops = np.zeros(count, np.int64)
    stops[cells] = ends
    rest = stops < pixels
    sizes = 2 * ones + rest
    firsts = np.cumsum(sizes) - sizes
    ranks = np.arange(len(cells)) - np.repeat(np.cumsum(ones) - ones, ones)
    gaps_from = np.where(ranks > 0, np.concatenate(([0], ends[:-1])), 0) if len(ends) else ends

    runs = np.empty(int(sizes.sum()), np.int64)
    zeros_at = firsts[cells] + 2 * ranks
    runs[zeros_at] = starts - gaps_from
    runs[zeros_at + 1] = ends - starts
    runs[(firsts + 2 * ones)[rest]] = (pixels - stops)[rest]
    return runs, sizes


def _run_starts(label_image: NDArray[np.integer]) -> NDArray[np.int64]:
    """Find the column-major numbers of the pixels at which runs begin, ascending; the first pixel is one."""
    height = label_image.shape[0]
    joins = np.flatnonzero(label_image[0, 1:] != label_image[-1, :-1]) + 1
    return np.sort(
        np.concatenate([[0], joins * height, *_starts_within_columns(label_image)]).astype(np.int64)
    )


def _starts_within_columns(label_image: NDArray[np.integer]) -> Iterator[NDArray[np.int64]]:
    height, width = label_image.shape
    rows = max(1, _STRIP_PIXELS // max(width, 1))
    for top in range(1, height, rows):
        bottom = min(top + rows, height)
        y, x = np.divmod(np.flatnonzero(label_image[top:bottom] != label_image[top - 1 : bottom - 1]), width)
        yield x * height + (y + top)


def _unpack(string: str, pixels: int | None, where: object) -> bytes:
    try:
        packed = binascii.a2b_base64(string, strict_mode=True)
    except ValueError as error:
        found = f"the mask is not base64 ({error})"
        if string.startswith(("b'", 'b"')):
            found += ", but Python's notation of bytes"
        raise MaskError(found, where=where, fault="base64") from None
    # A character stands for a whole run, and a run needs a second one only if it, or the run two back, is 16
    # pixels long: twice the pixels is more than any mask takes.
    limit = _MAX_COUNTS_BYTES if pixels is None else min(_MAX_COUNTS_BYTES, 2 * pixels + 64)
    unpacker = zlib.decompressobj()
    try:
        counts = unpacker.decompress(packed, limit)
    except zlib.error as error:
        raise MaskError(
            found=f"the mask is not zlib-compressed ({error})", where=where, fault="zlib"
        ) from None
    if not unpacker.eof:
        found = "unpacks to far more than a mask" if len(counts) == limit else "is cut off"
        raise MaskError(found=f"the mask {found}", where=where, fault="zlib")
    if unpacker.unused_data:
        raise MaskError(found="the mask has bytes after its end", where=where, fault="zlib")
    return counts

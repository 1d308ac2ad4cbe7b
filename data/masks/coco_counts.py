"""The ``counts`` bytes of COCO's compressed run-length encoding, written and read with vectorised NumPy.

Format: ``rleToString`` and ``rleFrString`` of COCO's ``maskApi.c``. A mask's run lengths, zeros first, are
stored as signed integers: the first three as they are, each later one minus the one two before it. An
integer takes as many characters as it needs, 5 bits each, lowest bits first; bit 5 says that more follow, bit
4 of the last one is the sign, and 48 is added to make it printable.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.masks.mask_error import MaskError

_BITS = 5
_CONTINUES = 1 << _BITS
_SIGN = _CONTINUES >> 1
_FIRST_CHARACTER = 48
_LONGEST_INTEGER = 7
"""Characters of the longest difference between two 32-bit run lengths."""

_RUNS_AT_A_TIME = 2**14
"""Runs written at a time: what is worked out for each then stays in the processor's cache."""

_CHARACTERS_AT_A_TIME = 2**17
"""Characters read at a time: what is worked out for each takes some 40 bytes."""


def write_counts(runs: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[bytes]:
    """Write the counts bytes of several masks at once.

    Parameters
    ----------
    runs
        (sum of sizes,) int64: the run lengths of all masks, one mask after the other, each below 2**32.
    sizes
        (n,) int64: how many runs each mask has; at least 1.

    Returns
    -------
    list of bytes
        One entry a mask.
    """
    stops = np.cumsum(sizes)
    written: list[bytes] = []
    while len(written) < len(sizes):
        first = len(written)
        start = int(stops[first] - sizes[first])
        last = max(first + 1, int(np.searchsorted(stops, start + _RUNS_AT_A_TIME, side="right")))
        written += _write_batch(runs[start : stops[last - 1]], sizes[first:last])
    return written


def read_counts(counts: bytes, *, where: object) -> Iterator[NDArray[np.int64]]:
    """Read the run lengths of one mask from its counts bytes, part by part, so that a bomb is met early.

    Parameters
    ----------
    counts
        As ``write_counts`` or pycocotools give them.
    where
        What to name in an error message.

    Yields
    ------
    ndarray (runs,)
        int64, zeros first, the next runs of the mask; runs of length 0 stay as they are.

    Raises
    ------
    MaskError
        A character is none of the format's, the last integer is cut off, one is longer than the format
        allows, or a run length is negative.
    """
    # Characters below 48 wrap around to values that are too large, too.
    characters = np.frombuffer(counts, np.uint8) - np.uint8(_FIRST_CHARACTER)
    if characters.size and int(characters.max()) >= 2 * _CONTINUES:
        raise _not_counts(found="a character outside '0'..'o'", where=where)
    if characters.size and characters[-1] & _CONTINUES:
        raise _not_counts(found="an integer that is cut off at the end", where=where)
    start, read, before = 0, 0, [0, 0]
    while start < len(characters):
        part = characters[start : start + _CHARACTERS_AT_A_TIME + _LONGEST_INTEGER]
        ends = np.flatnonzero(part < _CONTINUES)
        if len(part) > _CHARACTERS_AT_A_TIME:
            ends = ends[: max(1, int(np.searchsorted(ends, _CHARACTERS_AT_A_TIME)))]
        runs = _read_integers(part, ends, where)
        for parity in (0, 1):
            # The very first run is in neither of the two chains of differences.
            chain = runs[parity if (read or parity) else 2 :: 2]
            if chain.size:
                chain[0] += before[(read + parity) % 2]
                np.cumsum(chain, out=chain)
                before[(read + parity) % 2] = int(chain[-1])
        if int(runs.min(initial=0)) < 0:
            raise _not_counts(found="a negative run length", where=where)
        yield runs
        start, read = start + int(ends[-1]) + 1, read + len(runs)


def _read_integers(characters: NDArray[np.uint8], ends: NDArray[np.intp], where: object) -> NDArray[np.int64]:
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if not ends.size or int(lengths.max()) > _LONGEST_INTEGER:
        raise _not_counts(found="an integer too large for a run length", where=where)
    integers = (characters[starts] & (_CONTINUES - 1)).astype(np.int64)
    for position in range(1, int(lengths.max())):
        longer = np.flatnonzero(lengths > position)
        bits = (characters[starts[longer] + position] & (_CONTINUES - 1)).astype(np.int64)
        integers[longer] |= bits << (_BITS * position)
    negative = np.flatnonzero(characters[ends] & _SIGN)
    integers[negative] -= np.left_shift(1, _BITS * lengths[negative])
    return integers


def _write_batch(runs: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[bytes]:
    firsts = np.cumsum(sizes) - sizes
    ranks = np.arange(len(runs)) - np.repeat(firsts, sizes)
    integers = runs.copy()
    chained = np.flatnonzero(ranks > 2)
    integers[chained] -= runs[chained - 2]
    lengths = _count_characters(integers)
    starts = np.cumsum(lengths) - lengths
    characters = np.empty(int(lengths.sum()), np.uint8)
    for position in range(int(lengths.max())):
        written = np.flatnonzero(lengths > position)
        bits = (integers[written] >> (_BITS * position)) & (_CONTINUES - 1)
        continues = np.where(lengths[written] > position + 1, _CONTINUES, 0)
        characters[starts[written] + position] = bits + continues + _FIRST_CHARACTER
    text = characters.tobytes()
    edges = np.append(starts[firsts], len(text)).tolist()
    return [text[start:end] for start, end in pairwise(edges)]


def _count_characters(integers: NDArray[np.int64]) -> NDArray[np.int64]:
    magnitudes = integers ^ (integers >> 63)
    lengths = np.ones(len(integers), np.int64)
    limit, highest = _SIGN, int(magnitudes.max(initial=0))
    while limit <= highest:
        lengths += magnitudes >= limit
        limit <<= _BITS
    return lengths


def _not_counts(*, found: str, where: object) -> MaskError:
    return MaskError(
        found=f"not COCO run lengths: {found}",
        where=where,
        expected="the counts of a COCO mask",
        fault="rle",
    )

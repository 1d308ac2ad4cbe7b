"""The masks of one image: readable, of its size, with pixels, each once, apart, and column-major."""

from collections.abc import Sequence
from dataclasses import dataclass

from data.masks.mask_error import MaskError
from data.masks.rle import decode_runs
from data.masks.run_budget import RunBudget
from data.score.mask_overlap import MaskRuns, find_overlaps, mask_from_runs
from data.submission.orientation import looks_row_major, read_row_major
from data.submission.overlapping import find_shared
from data.submission.problem import RowProblems
from data.submission.token_check import TripleTokens

_SAME_CELL = 0.6
"""Intersection over union from which on two masks are of one cell, as in the competition."""

_UNLIKE = 0.3
"""Intersection over union below which a mask is of no known cell."""


@dataclass(frozen=True)
class _Mask:
    """A mask with pixels, and the first triple that has it."""

    triple: int
    runs: MaskRuns


def check_masks(
    triples: Sequence[TripleTokens],
    size: tuple[int, int],
    known: Sequence[MaskRuns],
    budget: RunBudget,
    row: RowProblems,
) -> int:
    """Check the masks of an image, each distinct string once.

    Parameters
    ----------
    triples
        The triples of the image.
    size
        Height and width of the image, px.
    known
        Masks of the image that are known to be right, if any.
    budget
        Run lengths that are left for the file.
    row
        Where the problems go.

    Returns
    -------
    int
        How many distinct mask strings there are.

    Raises
    ------
    MaskError
        The masks unpack to far more than those of cells do.
    """
    firsts: dict[str, int] = {}
    given: dict[tuple[str, str], int] = {}
    for triple in triples:
        firsts.setdefault(triple.mask, triple.number)
        before = given.setdefault((triple.label, triple.mask), triple.number)
        if before != triple.number:
            found = f"class {triple.label[:8]} and the mask of triple {before}"
            row.add("duplicate", found, "each class of a cell once", triple.number)
    masks = _decode(firsts, size, budget, row)
    turned = _check_orientation(masks, size, known, row)
    # Where a mask that is turned lies means nothing.
    masks = [mask for mask in masks if mask.triple not in turned]
    shared = find_shared([mask.runs for mask in masks])
    for first, second, pixels in shared.pairs:
        share = pixels / min(masks[first].runs.area, masks[second].runs.area)
        found = f"{pixels} px shared with triple {masks[first].triple}, {share:.2%} of the smaller one"
        row.add("overlap", found, "masks that share no pixel", masks[second].triple)
    if not shared.is_complete:
        found = "more masks over each other than are compared: further ones may share pixels"
        row.add("overlap", found, "masks that share no pixel")
    return len(firsts)


def _decode(
    firsts: dict[str, int], size: tuple[int, int], budget: RunBudget, row: RowProblems
) -> list[_Mask]:
    """Decode the masks that can be read and have pixels, those of equal pixels once."""
    height, width = size
    masks: list[_Mask] = []
    by_pixels: dict[bytes, int] = {}
    budget.begin_image()
    for string, triple in firsts.items():
        try:
            runs = decode_runs(string, height * width, where=row.image_id)
        except MaskError as error:
            row.add_error(error.fault, error, triple)
            budget.spend(error.unpacked, len(string), row.image_id)
            continue
        budget.spend(len(runs), len(string), row.image_id)
        mask = mask_from_runs(runs, height)
        if not mask.area:
            row.add("empty", "a mask without a pixel", "no triple, where there is no cell", triple)
            continue
        before = by_pixels.setdefault(mask.edges.tobytes(), triple)
        if before == triple:
            masks.append(_Mask(triple, mask))
        else:
            found = f"the pixels of the mask of triple {before}, in other characters"
            row.add("duplicate", found, "one string for each cell", triple)
    return masks


def _check_orientation(
    masks: Sequence[_Mask], size: tuple[int, int], known: Sequence[MaskRuns], row: RowProblems
) -> set[int]:
    """Report the masks that look row-major, and return their triples."""
    height, width = size
    askew = "pixels that lie together only where rows are numbered first (or width and height exchanged)"
    found = {mask.triple: askew for mask in masks if looks_row_major(mask.runs, height, width)}
    if known:
        rest = [mask for mask in masks if mask.triple not in found]
        mirrored = "pixels that are those of a known cell with rows and columns exchanged"
        found |= dict.fromkeys(_find_mirrored(rest, size, known), mirrored)
    for triple, text in sorted(found.items()):
        row.add("transposed", text, "runs down the columns", triple)
    return set(found)


def _find_mirrored(masks: Sequence[_Mask], size: tuple[int, int], known: Sequence[MaskRuns]) -> list[int]:
    """Find the triples whose masks are of no known cell as they are, but of one as row-major masks."""
    right = set(find_overlaps([mask.runs for mask in masks], known, _UNLIKE)[0].tolist())
    if 2 * len(right) > len(masks):
        # Whoever exchanges rows and columns does so for all masks of an image.
        return []
    pairs = [
        (mask.triple, turned)
        for number, mask in enumerate(masks)
        if number not in right and (turned := read_row_major(mask.runs, *size)) is not None
    ]
    found = set(find_overlaps([turned for _, turned in pairs], known, _SAME_CELL)[0].tolist())
    return [pairs[number][0] for number in sorted(found)]

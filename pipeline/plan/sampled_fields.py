"""The fields of a folder with their sizes, and those of them that are timed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from data.fields.field import Field
from data.fields.field_summary import summarise_field
from stages.stage import Context, Failure


@dataclass(frozen=True)
class SizedField:
    """A field that can be read, as far as the headers of its files show.

    Attributes
    ----------
    field
        The field.
    pixels
        Rows times columns.
    """

    field: Field
    pixels: int


def read_sizes(
    fields: Sequence[Field], channels: Sequence[str], context: Context
) -> tuple[list[SizedField], list[Failure]]:
    """Read the sizes of all fields from the headers of their files; no pixel is decoded.

    Parameters
    ----------
    fields
        All fields of the folder.
    channels
        Those that are used; a field that lacks one cannot be used.

    Returns
    -------
    tuple
        The fields that can be read, in their order, and why the others cannot.
    """
    sized, failures = [], []
    for field, summary in context.map(summarise_field, fields, description="sizes", total=len(fields)):
        if isinstance(summary, Exception):
            failures.append(Failure(field.image_id, str(summary)))
            continue
        missing = [channel for channel in channels if channel not in field.files]
        problems = [*summary.problems, *(f"no {channel} channel" for channel in missing if not field.fault)]
        if problems:
            failures.append(Failure(field.image_id, "; ".join(problems)))
        else:
            channel = next(iter(summary.channels.values()))
            sized.append(SizedField(field, channel.height * channel.width))
    return sized, failures


def choose_evenly(fields: Sequence[SizedField], count: int) -> list[SizedField]:
    """Choose fields that stand for all: every n-th by size, those of one size in the order of the folder.

    The mean size of the chosen ones is near that of all. Where the largest field is not among them, it takes
    the place of the largest chosen one, as it decides how much memory is needed.

    Returns
    -------
    list of SizedField
        In the order of the folder; all fields where there are no more than ``count``.
    """
    if count >= len(fields):
        return list(fields)
    order = sorted(range(len(fields)), key=lambda row: (fields[row].pixels, row))
    step = len(fields) / count
    chosen = [order[int((number + 0.5) * step)] for number in range(count)]
    if fields[chosen[-1]].pixels < fields[order[-1]].pixels:
        chosen[-1] = order[-1]
    return [fields[row] for row in sorted(chosen)]


@dataclass(frozen=True)
class Estimate:
    """A total over all fields, estimated from some.

    Attributes
    ----------
    value
        The total.
    relative_deviation
        Its standard deviation, as a part of it.
    """

    value: float
    relative_deviation: float


def estimate_total(found: Sequence[tuple[int, int]], fields: int, pixels: int) -> Estimate:
    """Estimate how many cells all fields have, from the cells per pixel of some of them.

    Parameters
    ----------
    found
        (pixels, cells) of each field that was segmented.
    fields, pixels
        How many fields there are in all, and how many pixels.

    Notes
    -----
    The ratio estimator with the correction for finite populations: of all fields counted nothing is unsure.
    """
    count, seen = len(found), sum(size for size, _ in found)
    if not seen:
        return Estimate(0.0, 0.0)
    ratio = sum(cells for _, cells in found) / seen
    total = ratio * pixels
    if count < 2 or not total:
        return Estimate(total, 0.0 if count >= fields else 1.0)
    variance = sum((cells - ratio * size) ** 2 for size, cells in found) / (count - 1)
    unseen = max(0.0, 1 - count / fields)
    return Estimate(total, fields * math.sqrt(unseen * variance / count) / total)

"""The white of a folder's 16-bit files: what they state, or the brightest value of a sample of them."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.fields.field import Field
from data.images.image_file import describe_file, read_values
from data.images.pixel_bound import MAX_PIXELS
from data.images.pixel_values import are_fractions
from data.images.plane_address import WHOLE_FILE, PlaneAddress
from data.storage.errors import StorageError
from data.storage.images import read_ahead

log = logging.getLogger("hpacells")

SAMPLED_FIELDS = 16
"""Fields whose files are looked at; the brightest value settles within a few."""

DEPTHS = (8, 10, 12, 14, 16)
"""Bits of cameras, as far as values alone can tell."""

MOST_NAMED = 3
"""Fields that a warning names."""

_DIM = range(256, 4096)
"""Brightest values of a field in 16-bit files which may be of a camera of 10 or 12 bits."""

_EIGHT_BIT = ("uint8", "int8", "bool")


_SIXTEEN_BITS = 65535
_FRACTIONS = "floating point from 0 to 1"


@dataclass(frozen=True)
class SampledFile:
    """A file, how its values are read, which of its pictures they are of, and how large that may be."""

    path: Path
    read: Callable[[], NDArray[Any]]
    picture: int = 0
    max_pixels: int = MAX_PIXELS


@dataclass(frozen=True)
class FullScale:
    """The white of 16-bit files, None where there is no such file, and how it is known."""

    value: int | None
    reason: str = ""


def with_full_scale(fields: Sequence[Field], where: object) -> list[Field]:
    """Return fields with the white of their 16-bit files, one for all; it is logged once."""
    step = max(1, len(fields) / SAMPLED_FIELDS)
    chosen = [fields[int(number * step)] for number in range(min(len(fields), SAMPLED_FIELDS))]
    found = find_full_scale(
        [
            _sampled(path, field.addresses.get(channel, WHOLE_FILE))
            for field in chosen
            if field.fault is None
            for channel, path in sorted(field.files.items())
        ]
    )
    tell_full_scale(found, where)
    if found.value == _SIXTEEN_BITS and found.reason != _FRACTIONS:
        _tell_mixed(str(where), tuple(field.image_id for field in chosen if _is_dim(field)), len(chosen))
    if found.value is None:
        return list(fields)
    return [replace(field, full_scale=found.value, full_scale_source=found.reason) for field in fields]


def _is_dim(field: Field) -> bool:
    """Check whether no stain of a field has more than 12 bits; it is read as far as one that has."""
    largest = 0
    for channel, path in sorted(field.files.items()) if field.fault is None else ():
        file = _sampled(path, field.addresses.get(channel, WHOLE_FILE))
        try:
            if describe_file(file.path, file.max_pixels)[file.picture].dtype in _EIGHT_BIT:
                return False
            values = file.read()
        except StorageError:
            raise
        except (InputError, IndexError):
            continue
        largest = max(largest, int(np.nan_to_num(values.max(initial=0), posinf=0)))
        if largest > _DIM[-1]:
            return False
    return largest in _DIM


def _sampled(path: Path, address: PlaneAddress) -> SampledFile:
    return SampledFile(path, partial(read_values, path, address), address.picture, address.max_pixels)


def find_full_scale(files: Iterable[SampledFile]) -> FullScale:
    """Find the white that a sample of files has in common.

    It has as many bits as any file states, or more where a value needs them: 8, 10, 12, 14 or 16, the fewest
    that hold the brightest value of the sample. Files of 8 bit count for nothing, those that cannot be read
    for nothing either, and 16 stated bits for no statement. A file of floating point from 0 to 1 uses all 16.

    Raises
    ------
    StorageError
        A server gave no answer: what its file holds would count another time.
    """
    largest, stated, looked_at = 0, 0, 0
    for file in read_ahead(files, lambda sampled: [sampled.path]):
        try:
            picture = describe_file(file.path, file.max_pixels)[file.picture]
            if picture.dtype in _EIGHT_BIT:
                continue
            values = file.read()
        except StorageError:
            raise
        except (InputError, IndexError):
            continue
        looked_at += 1
        if values.dtype.kind == "f" and are_fractions(values):
            return FullScale(_SIXTEEN_BITS, _FRACTIONS)
        bits = picture.significant_bits or 16
        stated = max(stated, bits if bits < 16 else 0)
        largest = max(largest, int(np.nan_to_num(values.max(initial=0), posinf=0)))
        if largest >= 1 << DEPTHS[-2]:
            break
    if not looked_at or (largest == 0 and not stated):
        return FullScale(None)
    needed = next((bits for bits in DEPTHS if largest < 1 << bits), 16)
    values_said = f"values up to {largest} in {looked_at} file{'s' if looked_at > 1 else ''} of them"
    if stated >= needed:
        return FullScale((1 << stated) - 1, f"{stated} bits, as files state; {values_said}")
    contradicted = f", though files state {stated}" if stated else ""
    return FullScale((1 << needed) - 1, f"{needed} bits: {values_said}{contradicted}")


def tell_full_scale(found: FullScale, where: object) -> None:
    """Log the white of 16-bit files, once for a folder and a white."""
    if found.value is not None:
        _tell(str(where), found.value, found.reason)


@cache
def _tell(where: str, value: int, reason: str) -> None:
    log.info(
        "%s: white of the 16-bit files is %d (%s); --set images.full_scale=... overrides it",
        where,
        value,
        reason,
    )


@cache
def _tell_mixed(where: str, dim: tuple[str, ...], looked_at: int) -> None:
    """Warn, once for a folder, of fields that seem to be of a camera of fewer bits than others."""
    if not dim:
        return
    more = ", ..." if len(dim) > MOST_NAMED else ""
    log.warning(
        "%s: %d of %d fields that were looked at have no value above %d, though white is %d (%s%s): if they "
        "are of another camera, such as one of 12 bits, they are taken for dark; give them in a folder of "
        "their own",
        where,
        len(dim),
        looked_at,
        _DIM[-1],
        _SIXTEEN_BITS,
        ", ".join(dim[:MOST_NAMED]),
        more,
    )

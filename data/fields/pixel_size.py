"""The pixel size of a field: what its files state, a setting, or that of HPA's fields."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from data.errors import InputError
from data.fields.field import REFERENCE_PIXEL_SIZE_UM, Field
from data.images.image_file import describe_file
from data.images.pixel_size import plausible
from data.images.plane_address import WHOLE_FILE
from data.storage.errors import StorageError

AUTO = "auto"
ASSUMED = "assumed"
SETTING = "setting"

_SAME = 1.01
"""Largest ratio of sizes that are one size, rounded."""

_ADVICE = "state the size of a pixel with the setting segment.pixel_size_um"


@dataclass(frozen=True)
class PixelSize:
    """Pixel size of a field.

    Attributes
    ----------
    um
        Edge of a pixel in um.
    source
        Where it is from: a kind of metadata, ``"setting"`` or ``"assumed"``.
    stated_um, stated_source
        What the files state instead, where a setting differs from it; or a size at which no light
        microscope shows cells, which is not used. None and empty where there is nothing of the kind.
    """

    um: float
    source: str
    stated_um: float | None = None
    stated_source: str = ""


def resolve_pixel_size(field: Field, setting: float | Literal["auto"] = AUTO) -> PixelSize:
    """Return the pixel size of a field: the setting's, else what its files state, else 0.08 um.

    Raises
    ------
    InputError
        Without a setting: the files of the field state several sizes, or pixels that are not square.
    """
    if setting != AUTO:
        stated = next(_stated_sizes(field), None)
        if stated is None or _is_same(stated[1][0], setting) or plausible(*stated[1]) is None:
            return PixelSize(setting, SETTING)
        return PixelSize(setting, SETTING, stated[1][0], stated[2])
    sizes = list(_stated_sizes(field))
    used = [entry for entry in sizes if plausible(*entry[1])]
    if not used:
        _, size, source = sizes[0] if sizes else ("", (None,), "")
        return PixelSize(REFERENCE_PIXEL_SIZE_UM, ASSUMED, size[0], source)
    channel, (height, width), source = used[0]
    if not _is_same(height, width):
        raise InputError(
            found=f"{channel} has pixels of {height:.4g} x {width:.4g} um (rows, columns; {source})",
            where=f"field {field.image_id}",
            expected="square pixels",
            advice=f"resample it, or {_ADVICE}",
        )
    for other, (other_height, _), _ in used[1:]:
        if not _is_same(height, other_height):
            raise InputError(
                found=f"{channel} has pixels of {height:.4g} um but {other} of {other_height:.4g} um",
                where=f"field {field.image_id}",
                expected="channels of one pixel size",
                advice=_ADVICE,
            )
    return PixelSize(height, source)


def _stated_sizes(field: Field) -> Iterator[tuple[str, tuple[float, float], str]]:
    """Yield channel, size and source of every file that states a pixel size and can be read."""
    if field.fault is not None:
        return
    for channel, path in sorted(field.files.items()):
        address = field.addresses.get(channel, WHOLE_FILE)
        try:
            picture = describe_file(path, address.max_pixels)[address.picture]
        except StorageError:
            # Without it another size could be taken for the field's.
            raise
        except (InputError, IndexError):
            continue
        if picture.pixel_size_um is not None:
            yield channel, picture.pixel_size_um, picture.pixel_size_source


def _is_same(one: float, other: float) -> bool:
    return max(one, other) <= _SAME * min(one, other)

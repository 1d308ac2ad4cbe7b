"""What a segmentation tells once, however many fields it concerns: pixel sizes, and fields without cells."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from data.channels import CHANNELS
from data.fields.fewer_channels.folder_channels import name_channels
from data.fields.pixel_size import ASSUMED, SETTING, PixelSize

log = logging.getLogger("hpacells")

_NAMED = 5
"""Fields that are named as examples."""


@dataclass(frozen=True)
class SegmentedRemarks:
    """What is worth telling of one segmented field.

    Attributes
    ----------
    image_id
        The field.
    pixel_size
        With which it was segmented.
    lacks_cells
        Whether no cell was found although the channel of the nuclei shows more than noise.
    """

    image_id: str
    pixel_size: PixelSize
    lacks_cells: bool = False


def tell_channels(channels: Collection[str], *, chosen: bool) -> None:
    """Log once which channels the fields are processed without.

    Parameters
    ----------
    channels
        Those that are used.
    chosen
        Whether a setting chose them.
    """
    absent = [channel for channel in CHANNELS if channel not in channels]
    if absent and chosen:
        log.info("segment.channels leaves out %s", name_channels(absent))
    elif absent:
        log.warning(
            "no field has a %s channel, so the fields are processed without (docs/channels.md); if they have "
            "one, check the names of its files",
            name_channels(absent, "or"),
        )


def tell_remarks(remarks: Iterable[SegmentedRemarks]) -> None:
    """Log each pixel size once, and the fields that should have cells."""
    remarks = list(remarks)
    by_size: dict[PixelSize, list[str]] = defaultdict(list)
    for remark in remarks:
        by_size[remark.pixel_size].append(remark.image_id)
    for size, fields in by_size.items():
        _tell_size(size, fields)
    lacking = [remark for remark in remarks if remark.lacks_cells]
    if lacking:
        sizes = ", ".join(sorted({f"{remark.pixel_size.um:.4g} um" for remark in lacking}))
        log.warning(
            "no cell was found in %s, although the channel of the nuclei (blue) is not empty; likely "
            "causes: the pixel size (%s was used; --set segment.pixel_size_um=...), the channels (is blue "
            "the nuclei? --channels), or the white of the files (--set images.full_scale=...)",
            _name([remark.image_id for remark in lacking]),
            sizes,
        )


def _tell_size(size: PixelSize, fields: Sequence[str]) -> None:
    named = _name(fields)
    if size.source == SETTING and size.stated_um is not None:
        log.warning(
            "pixel size %.4g um, as segment.pixel_size_um says, although the files of %s state %.4g um (%s); "
            "to use that, leave the setting out",
            size.um,
            named,
            size.stated_um,
            size.stated_source,
        )
    elif size.source == ASSUMED and size.stated_um is not None:
        log.warning(
            "pixel size %.4g um is assumed for %s: the files state %.4g um (%s), at which no microscope "
            "shows cells; segment.pixel_size_um overrides it",
            size.um,
            named,
            size.stated_um,
            size.stated_source,
        )
    elif size.source == ASSUMED:
        log.info(
            "pixel size %.4g um is assumed for %s: the files state none; segment.pixel_size_um overrides it",
            size.um,
            named,
        )
    elif size.source != SETTING:
        log.info(
            "pixel size %.4g um in %s (%s); segment.pixel_size_um overrides it", size.um, named, size.source
        )


def _name(fields: Sequence[str]) -> str:
    if len(fields) == 1:
        return f"field {fields[0]}"
    return f"{len(fields)} fields ({', '.join(fields[:_NAMED])}{', ...' if len(fields) > _NAMED else ''})"

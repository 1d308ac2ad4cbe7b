"""The segmenter of a set of fields, and why it was chosen."""

from collections.abc import Sequence
from pathlib import Path

from data.fields.fewer_channels.folder_channels import choose_channels
from data.fields.field import Field
from data.own_masks.own_masks import OwnMasks
from models.segmenters.calibration_fields import draw_sample
from models.segmenters.factory import SegmenterOptions, choose_segmenter, create_segmenter, segmenter_names
from models.segmenters.segmenter import Segmenter
from models.segmenters.without_er import ER
from models.segmenters.without_red import choose_stand_in
from stages.segment.settings import SegmentSettings


def make_mask_source(fields: Sequence[Field], settings: SegmentSettings) -> Segmenter | OwnMasks:
    """Open the user's own masks where the settings name a folder of them, else make the segmenter.

    Raises
    ------
    InputError
        The segmenter or the runtime is not available, or no mask fits a field.
    """
    folder = find_masks_folder(settings)
    return make_segmenter(fields, settings) if folder is None else OwnMasks(folder, fields)


def make_segmenter(fields: Sequence[Field], settings: SegmentSettings) -> Segmenter:
    """Make the segmenter for some fields; its networks are not loaded before it is used.

    Raises
    ------
    InputError
        The segmenter or the runtime is not available.
    """
    channels = choose_channels(fields, settings.channels)
    er, stand_in = _uses_er(channels, settings), _choose_stand_in(channels, settings)
    sample = draw_sample(fields, settings.pixel_size_um, er=er, stand_in=stand_in)
    exact = settings.labelling == "exact"
    options = SegmenterOptions(
        settings.runtime,
        er,
        exact,
        sample,
        stand_in,
        settings.cellpose,
        settings.touching_nuclei,
    )
    return create_segmenter(settings.segmenter, options)


def find_masks_folder(settings: SegmentSettings) -> Path | None:
    """Return the folder of the user's own masks; None where a segmenter is used."""
    if settings.masks:
        return Path(settings.masks)
    named = Path(settings.segmenter)
    return named if settings.segmenter not in segmenter_names() and named.is_dir() else None


def explain_choice(fields: Sequence[Field], settings: SegmentSettings) -> str:
    """Return why `make_mask_source` makes the one that it does; empty where it was asked for by name."""
    folder = find_masks_folder(settings)
    if folder is not None:
        return f"those in {folder}"
    channels = choose_channels(fields, settings.channels)
    stand_in = _choose_stand_in(channels, settings)
    _, reason = choose_segmenter(settings.segmenter, er=_uses_er(channels, settings), red=not stand_in)
    return reason


def _uses_er(channels: Sequence[str], settings: SegmentSettings) -> bool:
    return settings.er == "yes" or (settings.er == "auto" and ER in channels)


def _choose_stand_in(channels: Sequence[str], settings: SegmentSettings) -> str:
    er = _uses_er(channels, settings)
    return choose_stand_in([channel for channel in channels if channel != ER or er])

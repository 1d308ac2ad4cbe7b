"""Folders of images: finding the files of each field."""

import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.bit_depth import with_full_scale
from data.fields.containers.container_fields import container_fields
from data.fields.field import Field
from data.fields.image_settings import ImageSettings
from data.fields.naming.channel_patterns import AUTO, ChannelPatterns, parse_channels
from data.fields.naming.folder_listing import (
    FolderListing,
    Kind,
    ListedFile,
    image_suffix_of,
    list_folder,
)
from data.fields.naming.named_fields import name_fields
from data.fields.naming.path_list import read_path_list
from data.fields.naming.suggestions import explain_no_field
from data.images.image_file import may_hold_channels
from data.images.plane_address import PlaneAddress
from data.storage.images import locate_images
from data.text.readable_text import readable_line

log = logging.getLogger("hpacells")

_NO_CHANNEL = re.compile(rf"((_({'|'.join(CHANNELS)})){{2,}}|cells|nuclei|masks?)\.[^_]*$", re.IGNORECASE)
"""Names of composites and of masks, which are no channels for all to see."""


def find_fields(
    folder: str | os.PathLike[str],
    settings: ImageSettings | None = None,
    *,
    channels: str | None = None,
) -> list[Field]:
    """Find the fields of a folder and its sub-folders, ordered by image ID.

    Files are named ``<ID>_red``, ``_green``, ``_blue``, ``_yellow`` with the ending of a PNG, TIFF, OME-TIFF
    or JPEG file, in any letter case; or they hold several channels (OME-TIFF, ImageJ, OME-Zarr, CZI, LIF,
    ND2, OIR), and each position in them is a field. Hidden folders and colour composites such as
    ``<ID>_blue_red_green.jpg`` are passed over; links are followed, and loops of them cut. A file that is not
    there or cannot be opened is a fault of its field alone.

    Parameters
    ----------
    folder
        Where they lie, also a URL such as ``s3://bucket/images``; or a ``path_list.csv``, in which each row
        names the files of a field.
    settings
        Which files are which channel, and how they are read.
    channels
        Which files are which channel, in place of the settings': a preset, or patterns such as
        ``"red=*_ch00.tif,blue=*_ch01.tif"`` with ``*`` for the field's ID.

    Raises
    ------
    InputError
        The folder does not exist or holds no such file; or the list is none, or channels are given beside it.

    Examples
    --------
    >>> import hpacells as hpa
    >>> [field.image_id for field in hpa.find_fields("my_images")]
    ['A1']
    >>> [field.image_id for field in hpa.find_fields("my_images", channels="blue=*_blue,green=*_green")]
    ['A1']
    """
    folder = locate_images(folder)
    settings = settings or ImageSettings()
    if channels is not None:
        settings = ImageSettings.model_validate(settings.model_dump() | {"channels": channels})
    fields = _listed_fields(folder, settings) if folder.is_file() else _found_fields(folder, settings)
    fields.sort(key=lambda found: found.image_id)
    return with_full_scale(fields, folder) if settings.full_scale == "auto" else fields


def _listed_fields(path: Path, settings: ImageSettings) -> list[Field]:
    if image_suffix_of(path.name):
        raise InputError(
            found="a single image",
            where=path,
            expected="a folder of images, or a list of their files (CSV)",
            advice=f"give its folder, {path.parent}",
        )
    if settings.channels != AUTO:
        raise InputError(
            found=f"--channels {settings.channels} beside the list {path.name}",
            where="images.channels",
            expected="one of them, since the list says which file is which stain",
            advice="leave --channels out, or give the folder of the images",
        )
    return [_with_settings(field, settings) for field in read_path_list(path)]


def _found_fields(folder: Path, settings: ImageSettings) -> list[Field]:
    if not folder.is_dir():
        raise InputError(
            found="no such folder", where=folder, expected="a folder of images", advice="check the path"
        )
    listing, patterns = list_folder(folder), _file_patterns(settings.channels)
    _tell_closed(listing)
    matches = [(file, patterns.match(file) if patterns else None) for file in listing.files]
    named = [match for _, match in matches if match is not None]
    fields = name_fields(named, settings.z)
    others = [
        file.path
        for file, match in matches
        if match is None and file.kind is Kind.FILE and may_hold_channels(file.path)
    ]
    held = container_fields(others, folder, settings, [field.image_id for field in fields])
    fields = [_with_settings(field, settings) for field in (*fields, *held)]
    if not fields:
        raise explain_no_field(listing, folder, patterns)
    _tell_unnamed([file for file, match in matches if match is None], folder)
    if patterns is not None and (unused := patterns.find_unused(named)):
        log.warning("%s: no file is named as in %s", folder, ", ".join(unused))
    return fields


def _file_patterns(text: str) -> ChannelPatterns | None:
    """Return the patterns of files' names in the setting ``images.channels``; None where it has none."""
    if "=" not in text:
        return parse_channels(text)
    entries = [entry for entry in text.split(",") if "*" in entry]
    return parse_channels(",".join(entries)) if entries else None


def _tell_closed(listing: FolderListing) -> None:
    for path, reason in listing.closed:
        log.warning("%s: not looked into: %s", readable_line(str(path)), reason)


def _tell_unnamed(files: Sequence[ListedFile], folder: Path) -> None:
    """Log which pictures are in no field, since their names name no channel."""
    unnamed = [
        file.path.name
        for file in files
        if file.kind is Kind.FILE
        and not may_hold_channels(file.path)
        and not _NO_CHANNEL.search(file.path.name)
    ]
    if unnamed:
        log.info(
            "%s: %d picture%s whose name says no channel, not used (such as %s)",
            folder,
            len(unnamed),
            "s" if len(unnamed) > 1 else "",
            readable_line(unnamed[0]),
        )


def _with_settings(field: Field, settings: ImageSettings) -> Field:
    white = None if settings.full_scale == "auto" else settings.full_scale
    places = {channel: field.addresses.get(channel, PlaneAddress(z=settings.z)) for channel in field.files}
    addresses = _bound(tuple(places.items()), settings.max_pixels)
    return replace(field, addresses=addresses, full_scale=white)


# Most fields share theirs.
@lru_cache(maxsize=256)
def _bound(places: tuple[tuple[str, PlaneAddress], ...], max_pixels: int) -> Mapping[str, PlaneAddress]:
    return {name: replace(place, max_pixels=max_pixels) for name, place in places}

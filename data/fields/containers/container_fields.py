"""Files of several channels: each position in them is a field."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.containers.channel_choice import choose_channels, list_names, parse_container_channels
from data.fields.containers.held_images import HeldImage, find_held_images
from data.fields.field import Field
from data.fields.image_settings import ImageSettings
from data.fields.naming.field_ids import hash_name, safe_id
from data.images.file_bytes import begins_as_tiff, image_suffix
from data.storage.images import read_ahead

log = logging.getLogger("hpacells")

_TIFF = (".tif", ".tiff")

_Remarks = Counter[tuple[tuple[str, ...], tuple[tuple[str, int], ...]]]
"""Channels of a file and those taken, with the number of fields."""


def container_fields(
    paths: Sequence[Path], folder: Path, settings: ImageSettings, taken: Sequence[str] = ()
) -> list[Field]:
    """Return the fields of files that hold several channels.

    A field is named after its file, and the position where there are several. It is told once which
    channels were taken for which stain, and which files hold one channel alone and are passed over.

    Parameters
    ----------
    paths
        Files and OME-Zarr folders whose names do not say that they are one channel.
    folder
        Where they were found.
    settings
        Which channel is which stain, and which slice of a stack is read.
    taken
        IDs of other fields.

    Raises
    ------
    InputError
        The setting of the channels is wrong, or not one of the fields can be read and there are no others.
    """
    wanted = parse_container_channels(settings.channels)
    if wanted is None:
        return []
    found: list[tuple[Path, Field]] = []
    left_out: list[str] = []
    remarks: _Remarks = Counter()
    members: set[Path] = set()
    for path in read_ahead(paths, lambda file: [file]):
        if path in members:
            continue
        held = find_held_images(path, settings.z, settings.max_pixels)
        members |= held.members
        for image in held.images:
            if image.is_one_channel or (taken and _is_no_tiff(image)):
                left_out.append(image.name)
            else:
                found.append((image.path, _field_of(image, wanted, remarks)))
    _tell(remarks, left_out, folder, by_name=not wanted)
    fields = _with_own_names(found, folder, set(taken))
    faults = [field.fault for field in fields if field.fault is not None]
    if faults and len(faults) == len(fields) and not taken:
        others = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise InputError(found=f"{faults[0]}", where=f"no field can be read{others}")
    return fields


def _field_of(image: HeldImage, wanted: dict[str, str], remarks: _Remarks) -> Field:
    try:
        if image.fault is not None:
            raise image.fault
        chosen = choose_channels(image.channels, wanted, image.path)
    except InputError as error:
        return Field(image.name, dict.fromkeys(CHANNELS, image.path), fault=error)
    remarks[image.channels, tuple(chosen.items())] += 1
    places = {stain: image.places[channel] for stain, channel in chosen.items()}
    return Field(
        image.name,
        {stain: path for stain, (path, _) in places.items()},
        addresses={stain: address for stain, (_, address) in places.items()},
    )


def _is_no_tiff(image: HeldImage) -> bool:
    """Check for what only its name calls a TIFF; beside files named after channels it may be anything.

    One that begins as a TIFF, and is damaged after that, may be a field that would be missed.
    """
    return image.fault is not None and image_suffix(image.path) in _TIFF and not begins_as_tiff(image.path)


def _with_own_names(found: Sequence[tuple[Path, Field]], folder: Path, taken: set[str]) -> list[Field]:
    """Return the fields, each with an ID of its own: with sub-folders, then the file's ending, where needed.

    Fields that still have one ID, or one that cannot be stored, have a fault.
    """
    fields = [field for _, field in found]
    known = [image_id.casefold() for image_id in taken]
    for attempt in (_with_folders, _with_ending):
        counts = Counter([*(field.image_id.casefold() for field in fields), *known])
        fields = [
            replace(field, image_id=attempt(path, folder, field.image_id))
            if counts[field.image_id.casefold()] > 1
            else field
            for (path, _), field in zip(found, fields, strict=True)
        ]
    counts = Counter([*(field.image_id.casefold() for field in fields), *known])
    return [
        _with_safe_id(field, path, number if counts[field.image_id.casefold()] > 1 else None)
        for number, ((path, _), field) in enumerate(zip(found, fields, strict=True))
    ]


def _with_safe_id(field: Field, path: Path, repeated: int | None) -> Field:
    """Return a field whose ID can be stored; one whose ID is that of another, with its number in a hash."""
    image_id, fault = safe_id(field.image_id, path)
    if repeated is not None:
        fault = InputError(
            found=f"two fields of the name {image_id}",
            where=path,
            expected="names of their own",
            advice="rename a file",
        )
        image_id = f"{image_id}-{hash_name(f'{repeated} {path}')}"
    return replace(field, image_id=image_id, fault=field.fault or fault)


def _with_folders(path: Path, folder: Path, image_id: str) -> str:
    return "_".join((*path.parent.relative_to(folder).parts, image_id))


def _with_ending(path: Path, folder: Path, image_id: str) -> str:
    return f"{image_id}_{image_suffix(path).removeprefix('.')}"


def _tell(
    remarks: _Remarks,
    left_out: Sequence[str],
    folder: Path,
    *,
    by_name: bool,
) -> None:
    for (names, chosen), count in remarks.items():
        listed = list_names(names)
        stains = ", ".join(f"{listed[number]} -> {stain}" for stain, number in chosen)
        used = {number for _, number in chosen}
        rest = ", ".join(text for number, text in enumerate(listed) if number not in used)
        log.info(
            "%s: channels of %d field%s%s: %s%s",
            folder,
            count,
            "s" if count > 1 else "",
            ", by their names (--channels overrides it)" if by_name else "",
            stains,
            f"; not used: {rest}" if rest else "",
        )
    if left_out:
        log.info(
            "%s: %d picture%s of one channel or in colours, without a stain in the name, not used (such "
            "as %s)",
            folder,
            len(left_out),
            "s" if len(left_out) > 1 else "",
            left_out[0],
        )

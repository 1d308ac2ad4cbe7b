"""Files of several channels: each position in them is a field."""

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.container_channels import choose_channels, list_names, parse_container_channels
from data.fields.field import Field
from data.fields.image_settings import ImageSettings
from data.images.image_file import SUFFIXES, describe_file, image_suffix
from data.images.picture import Picture
from data.images.plane_address import PlaneAddress

log = logging.getLogger("hpacells")

_TIFF = (".tif", ".tiff")

_Told = Counter[tuple[tuple[str, ...], tuple[tuple[str, int], ...]]]
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
    told: _Told = Counter()
    for path in paths:
        fields = list(_fields_of(path, wanted, settings.z, told, left_out))
        if taken and _is_broken_tiff(path, fields):
            left_out.append(path.name)
        else:
            found += [(path, field) for field in fields]
    _tell(told, left_out, folder, by_name=not wanted)
    fields = _with_own_names(found, folder, set(taken))
    faults = [field.fault for field in fields if field.fault is not None]
    if faults and len(faults) == len(fields) and not taken:
        others = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise InputError(found=f"{faults[0]}", where=f"no field can be read{others}")
    return fields


def _fields_of(
    path: Path, wanted: dict[str, str], z: str, told: _Told, left_out: list[str]
) -> Iterator[Field]:
    """Yield the fields of one file, with unfinished names; pictures of one channel or colours are left out."""
    stem = _stem(path)
    try:
        pictures = describe_file(path)
    except InputError as error:
        yield _faulty(stem, path, error)
        return
    labels = _label(pictures)
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        name = f"{stem}_{label}" if label else stem
        if picture.fault is not None:
            yield _faulty(name, path, picture.fault)
            continue
        if picture.colour or len(picture.channels) < 2:
            left_out.append(f"{path.name}{f' [{label}]' if label else ''}")
            continue
        try:
            chosen = choose_channels(picture.channels, wanted, path)
        except InputError as error:
            yield _faulty(name, path, error)
            continue
        told[picture.channels, tuple(chosen.items())] += 1
        yield Field(
            name,
            dict.fromkeys(chosen, path),
            addresses={stain: PlaneAddress(number, channel, z) for stain, channel in chosen.items()},
        )


def _faulty(name: str, path: Path, error: InputError) -> Field:
    return Field(name, dict.fromkeys(CHANNELS, path), fault=error)


def _is_broken_tiff(path: Path, fields: Sequence[Field]) -> bool:
    """Check for a TIFF of no known meaning, beside files that are named as channels, that cannot be read."""
    return image_suffix(path) in _TIFF and all(field.fault is not None for field in fields)


def _stem(path: Path) -> str:
    lowered = path.name.lower()
    suffix = next((suffix for suffix in SUFFIXES if lowered.endswith(suffix)), "")
    return path.name[: len(path.name) - len(suffix)]


def _label(pictures: Sequence[Picture]) -> list[str]:
    """Return what tells the pictures of a file apart: their names if each has one, else their numbers."""
    if len(pictures) == 1:
        return [""]
    names = [re.sub(r"[^\w.-]+", "-", picture.name).strip("-.") for picture in pictures]
    # Some file systems know no capital letters.
    if all(names) and len({name.lower() for name in names}) == len(names):
        return names
    return [str(number) for number in range(len(pictures))]


def _with_own_names(found: Sequence[tuple[Path, Field]], folder: Path, taken: set[str]) -> list[Field]:
    """Give every field an ID of its own: with its sub-folders, then with its file's ending, where needed.

    Raises
    ------
    InputError
        Two fields still have one ID.
    """
    fields = [field for _, field in found]
    for attempt in (_with_folders, _with_ending):
        counts = Counter([*(field.image_id for field in fields), *taken])
        fields = [
            replace(field, image_id=attempt(path, folder, field.image_id))
            if counts[field.image_id] > 1
            else field
            for (path, _), field in zip(found, fields, strict=True)
        ]
    places: dict[str, list[Path]] = defaultdict(list)
    for (path, _), field in zip(found, fields, strict=True):
        places[field.image_id].append(path)
    for image_id, paths in places.items():
        if len(paths) > 1 or image_id in taken:
            raise InputError(
                found=f"two fields of the name {image_id}",
                where=" and ".join(str(path) for path in paths[:2]),
                expected="names of their own",
                advice="rename a file",
            )
    return fields


def _with_folders(path: Path, folder: Path, image_id: str) -> str:
    return "_".join((*path.parent.relative_to(folder).parts, image_id))


def _with_ending(path: Path, folder: Path, image_id: str) -> str:
    return f"{image_id}_{image_suffix(path).removeprefix('.')}"


def _tell(
    told: _Told,
    left_out: Sequence[str],
    folder: Path,
    *,
    by_name: bool,
) -> None:
    for (names, chosen), count in told.items():
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

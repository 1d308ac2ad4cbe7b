"""Folders of images: finding the files of each field."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.bit_depth import with_full_scale
from data.fields.containers.container_fields import container_fields
from data.fields.field import Field
from data.fields.image_settings import ImageSettings
from data.images.file_bytes import image_suffix
from data.images.image_file import SUFFIXES, may_hold_channels
from data.images.plane_address import PlaneAddress

_ZARR = ".zarr"


def find_fields(folder: str | os.PathLike[str], settings: ImageSettings | None = None) -> list[Field]:
    """Find the fields of a folder and its sub-folders, ordered by image ID.

    Files are named ``<ID>_red``, ``_green``, ``_blue``, ``_yellow`` with the ending of a PNG, TIFF, OME-TIFF
    or JPEG file, in any letter case; or they hold several channels (OME-TIFF, ImageJ, OME-Zarr, CZI, LIF,
    ND2, OIR), and each position in them is a field. Hidden folders and colour composites such as
    ``<ID>_blue_red_green.jpg`` are passed over.

    Parameters
    ----------
    folder
        Where they lie.
    settings
        Which files are which channel, and how they are read.

    Raises
    ------
    InputError
        The folder does not exist or holds no such file.

    Examples
    --------
    >>> import hpacells as hpa
    >>> [field.image_id for field in hpa.find_fields("my_images")]
    ['A1']
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            found="no such folder", where=folder, expected="a folder of images", advice="check the path"
        )
    settings = settings or ImageSettings()
    found = [(path, *_split_name(path.name)) for path in _image_files(folder)]
    named = [(path, stem, channel) for path, stem, channel in found if channel]
    fields = [_as_set(field, settings) for field in _name_fields(named, folder)]
    others = [path for path, _, channel in found if not channel and may_hold_channels(path)]
    held = container_fields(others, folder, settings, [field.image_id for field in fields])
    fields += [_with_white(field, settings) for field in held]
    if not fields:
        raise InputError(
            found="no field found",
            where=folder,
            expected="files <ID>_red.png _green.png _blue.png _yellow.png (or .tif, .ome.tif, .jpg), or "
            "files of several channels (OME-TIFF, OME-Zarr, .czi, .lif, .nd2, .oir)",
            advice="check the folder and the file names",
        )
    fields.sort(key=lambda found: found.image_id)
    return with_full_scale(fields, folder) if settings.full_scale == "auto" else fields


def _as_set(field: Field, settings: ImageSettings) -> Field:
    address = PlaneAddress(z=settings.z)
    return _with_white(replace(field, addresses=dict.fromkeys(field.files, address)), settings)


def _with_white(field: Field, settings: ImageSettings) -> Field:
    return replace(field, full_scale=None if settings.full_scale == "auto" else settings.full_scale)


def _image_files(folder: Path) -> Iterator[Path]:
    """Yield every image file below a folder; an OME-Zarr folder is one."""
    for parent, folders, names in os.walk(folder):
        images = sorted(name for name in folders if image_suffix(Path(name)) == _ZARR)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in images)
        yield from (Path(parent, name) for name in sorted([*names, *images]) if _ending(name))


def _ending(name: str) -> str:
    """Return the ending of an image's name; empty for a hidden file or any other."""
    lowered = name.lower()
    suffix = next((s for s in SUFFIXES if lowered.endswith(s)), "")
    return "" if name.startswith(".") else suffix


def _split_name(name: str) -> tuple[str, str]:
    """Split ``<ID>_<channel><suffix>`` into ID and channel; the channel is empty for any other file."""
    stem, _, channel = name[: len(name) - len(_ending(name))].rpartition("_")
    is_composite = stem.lower().rpartition("_")[2] in CHANNELS
    if not stem or channel.lower() not in CHANNELS or is_composite:
        return "", ""
    return stem, channel.lower()


def _name_fields(found: Iterable[tuple[Path, str, str]], folder: Path) -> list[Field]:
    places: dict[str, dict[Path, Field]] = defaultdict(dict)
    for path, stem, channel in found:
        entry = places[stem].setdefault(path.parent, Field(stem, {}))
        taken = entry.duplicates if channel in entry.files else entry.files
        taken[channel] = path
    return [named for stem, entries in places.items() for named in _name_places(stem, entries, folder)]


def _name_places(stem: str, entries: dict[Path, Field], folder: Path) -> list[Field]:
    """Distinguish one field whose channels lie in several folders from several fields of one name."""
    channels = [channel for entry in entries.values() for channel in entry.files]
    if len(channels) == len(set(channels)):
        files = {channel: path for entry in entries.values() for channel, path in entry.files.items()}
        duplicates = {c: path for entry in entries.values() for c, path in entry.duplicates.items()}
        return [Field(stem, files, duplicates)]
    return [
        Field("_".join((*parent.relative_to(folder).parts, stem)), entry.files, entry.duplicates)
        for parent, entry in entries.items()
    ]

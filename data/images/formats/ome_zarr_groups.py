"""The groups of an OME-Zarr folder that are images: one, those of a plate's wells, or a series of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from data.errors import InputError

METADATA_FILES = ("zarr.json", ".zattrs", ".zgroup")
"""Where groups have their attributes, version 0.5 first; a group of older ones may have none."""


@dataclass(frozen=True)
class ImageGroup:
    """One image.

    Attributes
    ----------
    folder
        Its group.
    name
        Well and field (``B3_0``), number in a series, or empty for the only image.
    """

    folder: Path
    name: str

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """OME metadata of the group; errors as of ``read_metadata``."""
        return read_metadata(self.folder)


def find_images(path: Path) -> tuple[ImageGroup, ...]:
    """Find the images of a folder, in the order in which its metadata name them.

    Raises
    ------
    OSError, ValueError
        It is not there, or no folder.
    InputError
        It is neither an image, a plate nor a series of images.
    """
    path.stat()
    if not path.is_dir():
        message = "a file, where Zarr is a folder"
        raise ValueError(message)
    return _find_images(path, stamp_metadata(path))


def stamp_metadata(folder: Path) -> tuple[int, ...]:
    """Return what shows that the metadata of a group have changed: the times (ns) of their files."""
    files = (folder / name for name in METADATA_FILES)
    return tuple(file.stat().st_mtime_ns for file in files if file.is_file())


@lru_cache(maxsize=16)
def _find_images(path: Path, _stamp: tuple[int, ...]) -> tuple[ImageGroup, ...]:
    metadata = read_metadata(path)
    if "multiscales" in metadata:
        return (ImageGroup(path, ""),)
    if "plate" in metadata:
        images = list(_plate(path, metadata["plate"]))
    elif "well" in metadata:
        images = list(_well(path, "", metadata))
    else:
        images = list(_series(path))
    if not images:
        raise InputError(
            found="a Zarr folder without OME metadata of an image",
            where=path,
            expected="OME-Zarr: multiscales, a plate, or the series of bioformats2raw",
        )
    return tuple(images)


def read_metadata(folder: Path) -> dict[str, Any]:
    """Read the OME metadata of a group; empty where it has none.

    Raises
    ------
    InputError
        It is no Zarr group, or its metadata are no JSON.
    """
    for name in METADATA_FILES:
        file = folder / name
        if not file.is_file():
            continue
        try:
            content = json.loads(file.read_bytes())
        except ValueError as error:
            raise InputError(
                found=f"no JSON ({error})", where=file, expected="metadata", advice="copy the folder again"
            ) from None
        if not isinstance(content, dict):
            content = {}
        if name == "zarr.json":
            content = (content.get("attributes") or {}).get("ome") or {}
        return content if name != ".zgroup" else {}
    raise InputError(
        found="no Zarr folder" if folder.is_dir() else "no such folder",
        where=folder,
        expected="a folder with .zattrs or zarr.json",
        advice="copy the whole folder",
    )


def _plate(path: Path, plate: Any) -> Iterator[ImageGroup]:
    wells = plate.get("wells") if isinstance(plate, dict) else None
    for well in wells or []:
        folder = path / str(well.get("path", ""))
        name = "".join(str(well.get("path", "")).split("/"))
        try:
            yield from _well(folder, name, read_metadata(folder))
        except InputError:
            # It fails alone, when its field is read.
            yield ImageGroup(folder, name)


def _well(folder: Path, name: str, metadata: dict[str, Any]) -> Iterator[ImageGroup]:
    well = metadata.get("well")
    images = well.get("images") if isinstance(well, dict) else None
    for image in images or []:
        part = str(image.get("path", "0"))
        yield ImageGroup(folder / part, f"{name}_{part}" if name else part)


def _series(path: Path) -> list[ImageGroup]:
    """List the images of a folder as bioformats2raw writes it: 0, 1, ... beside a group OME."""
    listed = read_metadata(path / "OME").get("series") if (path / "OME").is_dir() else None
    names = [str(name) for name in listed] if isinstance(listed, list) else []
    if not names:
        numbers = iter(range(1 << 30))
        while (path / (name := str(next(numbers)))).is_dir():
            names.append(name)
    images = [ImageGroup(path / name, name) for name in names]
    images = [image for image in images if listed or "multiscales" in image.metadata]
    return images if len(images) > 1 else [ImageGroup(image.folder, "") for image in images]

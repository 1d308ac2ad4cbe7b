"""What the name of a mask file says: whose mask it is, and whether of cells or of nuclei."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import NamedTuple

from data.channels import CHANNELS

LABELS = (".png", ".ome.tif", ".ome.tiff", ".tif", ".tiff", ".npy", ".npz", ".jpg", ".jpeg")
OUTLINES = (".geojson", ".json", ".roi", ".zip")
"""Endings of label images and of outlines."""

CELLS = ("whole_cells", "whole_cell", "cells", "cell", "cyto")
NUCLEI = ("nuclei", "nucleus", "nuclear", "nuc")
_KINDS = ("cp_masks", "masks", "mask", "labels", "label", "seg", "rois", "roiset", "instances")
_BY_PRODUCTS = (
    *("_flows", "_flows_cp_masks", "_dp_cp_masks", "_outlines", "_outlines_cp_masks", "_cp_output"),
    *("_cp_output_cp_masks", "_cellprob", "cyto1_mask", "cyto2_mask", "sam_raw_mask", "nuclei_normalized"),
)
"""What cellpose and CellposeSegmentatorPortable write beside the masks."""

_SEPARATORS = "_-. "


class NameReading(NamedTuple):
    """One way to read the name of a mask file: the ID, and ``cells``, ``nuclei`` or ``""`` for unsaid."""

    image_id: str
    what: str


def split_suffix(name: str) -> tuple[str, str]:
    """Split the name of a mask file into stem and suffix; the suffix is empty for any other file."""
    suffix = next((s for s in (*LABELS, *OUTLINES) if name.lower().endswith(s)), "")
    stem = name[: len(name) - len(suffix)]
    if not suffix or name.startswith(".") or stem.lower().endswith(_BY_PRODUCTS):
        return "", ""
    return stem, suffix


def readings(path: PurePath) -> Iterator[NameReading]:
    """Yield the ways to read the name of a file, that of the longest ID first.

    The ID may have endings, as in ``<ID>_cells``, ``<ID>_nuclei_mask``, ``<ID>cellmask``, ``<ID>_cp_masks``,
    ``<ID>_blue_seg``, or none; then the folders say what the masks are of. It may be that of a field whose
    sub-folders are part of its ID.

    Parameters
    ----------
    path
        Path of the file, from the folder of the masks on.
    """
    stem, _ = split_suffix(path.name)
    folder_what, folders = _read_folders(path.parts[:-1])
    for name, what in _strip_endings(stem):
        for start in range(len(folders) + 1):
            yield NameReading("_".join((*folders[start:], name)), what or folder_what)


def _strip_endings(stem: str) -> Iterator[NameReading]:
    yield NameReading(stem, "")
    rest = _strip(stem, _KINDS)
    without_kind = rest or stem
    if rest:
        yield NameReading(rest, "")
    for what, endings in (("nuclei", NUCLEI), ("cells", CELLS)):
        shorter = _strip(without_kind, endings)
        if shorter:
            rest = shorter
            yield NameReading(rest, what)
            yield from _strip_channel(rest, what)
            return
    if rest:
        yield from _strip_channel(rest, "")


def _strip_channel(stem: str, what: str) -> Iterator[NameReading]:
    """Cellpose names masks after the image file: those of the nuclear stain are nuclei."""
    for channel in CHANNELS:
        rest = _strip(stem, (f"_{channel}",))
        if rest:
            yield NameReading(rest, what or ("nuclei" if channel == "blue" else ""))


def _strip(stem: str, endings: tuple[str, ...]) -> str:
    """Return a name without the longest of some endings that it has; empty where it has none."""
    found = max((e for e in endings if stem.lower().endswith(e)), key=len, default="")
    return stem[: len(stem) - len(found)].rstrip(_SEPARATORS) if found else ""


def _read_folders(parts: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return what folders say of the masks in them, and the folders that say nothing of the kind."""
    what, others = "", []
    for part in parts:
        words = set(part.lower().replace("-", "_").replace(" ", "_").split("_"))
        nuclei, cells = bool(words & set(NUCLEI)), bool(words & set(CELLS))
        if nuclei != cells:
            what = "nuclei" if nuclei else "cells"
        if not nuclei and not cells and not words & set(_KINDS):
            others.append(part)
    return what, tuple(others)

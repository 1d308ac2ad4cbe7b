"""Which mask files of a folder belong to which field."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import Field
from data.own_masks.mask_names import OUTLINES, readings, split_suffix

NAMES = "<ID>_cells.png (and <ID>_nuclei.png), <ID>.npz, <ID>_cp_masks.tif, <ID>_seg.npy, <ID>cell_mask.png"
"""Examples of names that are read."""

_SHOWN = 3


@dataclass
class FieldFiles:
    """The mask files of one field.

    Attributes
    ----------
    cells, nuclei
        Label images, or outlines where there are no label images; more than one must agree.
    passed_over
        Outlines beside label images.
    """

    cells: list[Path] = field(default_factory=list)
    nuclei: list[Path] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)

    @property
    def files(self) -> list[Path]:
        """The files that are read."""
        return [*self.cells, *self.nuclei]


@dataclass(frozen=True)
class MaskFolder:
    """What a folder of masks has.

    Attributes
    ----------
    folder
        The folder.
    of_fields
        ID of the field -> its files; fields without any are left out.
    others
        Mask files that fit no field.
    """

    folder: Path
    of_fields: dict[str, FieldFiles]
    others: list[Path]


def find_masks(folder: Path, fields: Sequence[Field]) -> MaskFolder:
    """Find the masks of some fields in a folder and its sub-folders.

    Raises
    ------
    InputError
        There is no such folder, or none of its files fits a field.
    """
    if not folder.is_dir():
        raise InputError(
            found="no such folder",
            where=folder,
            expected="a folder of masks, " + NAMES,
            advice="check the path given with --masks",
        )
    ids = {known.image_id for known in fields}
    images = {path.absolute() for known in fields for path in known.files.values()}
    found: defaultdict[str, FieldFiles] = defaultdict(FieldFiles)
    others = []
    for path in _walk(folder):
        # Masks may lie beside the images.
        if path.absolute() in images:
            continue
        reading = next((r for r in readings(_named(path, folder)) if r.image_id in ids), None)
        if reading is not None:
            of_field = found[reading.image_id]
            (of_field.nuclei if reading.what == "nuclei" else of_field.cells).append(path)
        elif not path.name.lower().endswith(".json") and not _is_channel(path):
            others.append(path)
    if not found:
        raise _none_fits(folder, others, ids)
    for of_field in found.values():
        of_field.cells, of_field.nuclei = (
            _prefer_labels(paths, of_field.passed_over) for paths in (of_field.cells, of_field.nuclei)
        )
    return MaskFolder(folder, dict(found), others)


def _walk(folder: Path) -> Iterator[Path]:
    seen = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(parent)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(names) if split_suffix(name)[1])


def _named(path: Path, folder: Path) -> Path:
    """Return the path by which a file is named: the folder of all masks says what they are of, too."""
    return Path(folder.absolute().name, path.relative_to(folder))


def _is_channel(path: Path) -> bool:
    return split_suffix(path.name)[0].lower().endswith(tuple(f"_{channel}" for channel in CHANNELS))


def _prefer_labels(paths: list[Path], passed_over: list[Path]) -> list[Path]:
    outlines = [path for path in paths if split_suffix(path.name)[1] in OUTLINES]
    labels = [path for path in paths if path not in outlines]
    if labels:
        passed_over += outlines
    return labels or outlines


def _none_fits(folder: Path, others: Sequence[Path], ids: Iterable[str]) -> InputError:
    expected = f"names such as {NAMES}, with the IDs of the fields: {_show(sorted(ids))}"
    if not others:
        return InputError(found="no mask file", where=folder, expected=expected)
    return InputError(
        found=f"none of the {len(others)} mask files fits a field: {_show([path.name for path in others])}",
        where=folder,
        expected=expected,
        advice="rename the masks like the fields",
    )


def _show(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more

"""Where the cells of a field come from: a segmenter, or a folder of label images."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.fields.field import Field
from data.fields.pixel_size import resolve_pixel_size
from data.masks.label_image import read_label_image
from data.segmenter_training.annotated_cells import (
    ANNOTATION,
    find_annotations,
    read_annotated_cells,
)
from models.segmenters.factory import segmenter_names
from models.segmenters.segmenter import Segmenter
from stages.segment.segmenter_choice import make_segmenter
from stages.segment.settings import SegmentSettings
from stages.segmenter.cell_source import CellSource

_ENDING = "_cells.png"


class SegmentedCells:
    """Cells that a segmenter finds."""

    def __init__(self, name: str, segmenter: Segmenter, pixel_size_um: float | Literal["auto"]) -> None:
        self.name, self._segmenter = name, segmenter
        self._pixel_size_um: float | Literal["auto"] = pixel_size_um

    def identity(self) -> str:
        """As `CellSource.identity`."""
        return self._segmenter.identity()

    def prepare(self, workers: int) -> None:
        """As `CellSource.prepare`."""
        self._segmenter.prepare(workers)

    def find_cells(self, field: Field) -> NDArray[np.uint16]:
        """As `CellSource.find_cells`."""
        size = resolve_pixel_size(field, self._pixel_size_um).um
        return self._segmenter.segment(field.read(self._segmenter.channels), size).cells


class KnownCells:
    """Cells in the label images ``<ID>_cells.png`` of a folder, whoever made them."""

    def __init__(self, folder: Path) -> None:
        self.name, self._folder = str(folder), folder

    def identity(self) -> str:
        """Hash of the names, sizes and times of its files."""
        paths = sorted(self._folder.glob(f"*{_ENDING}"))
        return f"label images {_hash_stamps((path.name, path) for path in paths)}"

    def prepare(self, workers: int) -> None:
        """Do nothing: files need no preparation."""

    def find_cells(self, field: Field) -> NDArray[np.uint16]:
        """As `CellSource.find_cells`."""
        return read_label_image(self._folder / f"{field.image_id}{_ENDING}")


class AnnotatedCells:
    """Cells that were outlined by hand, in a folder laid out as the HPA's annotated set."""

    def __init__(self, folder: Path) -> None:
        self.name, self._paths = str(folder), find_annotations(folder)

    def identity(self) -> str:
        """Hash of the names, sizes and times of its files."""
        return f"annotations {_hash_stamps(self._paths.items())}"

    def prepare(self, workers: int) -> None:
        """Do nothing: files need no preparation."""

    def find_cells(self, field: Field) -> NDArray[np.uint16]:
        """As `CellSource.find_cells`."""
        path = self._paths.get(field.image_id)
        if path is None:
            raise InputError(
                found=f"no {ANNOTATION} in one folder of that name",
                where=f"field {field.image_id} in {self.name}",
                expected=f"{field.image_id}/{ANNOTATION}",
            )
        return read_annotated_cells(path, field.read(["blue"])[0])


def open_cell_source(name: str, fields: Sequence[Field], settings: SegmentSettings) -> CellSource:
    """Open a source by what the user calls it.

    Parameters
    ----------
    name
        Name of a segmenter, path of trained weights, a folder of label images ``<ID>_cells.png``, or one of
        outlines ``<ID>/annotation.json``.
    fields
        The fields whose cells will be asked for.
    settings
        Of the segmenters; which one is in `name`.

    Raises
    ------
    InputError
        There is nothing of that name, or the folder has no label image.
    """
    folder = Path(name)
    if name in segmenter_names() or folder.is_file():
        chosen = settings.model_copy(update={"segmenter": name})
        return SegmentedCells(name, make_segmenter(fields, chosen), settings.pixel_size_um)
    if not folder.is_dir():
        expected = f"{', '.join(segmenter_names())}, or a folder of label images <ID>{_ENDING}"
        raise InputError(found="neither a segmenter nor a folder", where=name, expected=expected)
    if next(folder.glob(f"*{_ENDING}"), None) is not None:
        return KnownCells(folder)
    if next(folder.rglob(ANNOTATION), None) is not None:
        return AnnotatedCells(folder)
    raise InputError(
        found="no label image", where=folder, expected=f"files <ID>{_ENDING}, or <ID>/{ANNOTATION}"
    )


def _hash_stamps(files: Iterable[tuple[str, Path]]) -> str:
    stats = [(name, path.stat()) for name, path in files]
    stamps = [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]
    return hashlib.sha256(json.dumps(stamps).encode()).hexdigest()

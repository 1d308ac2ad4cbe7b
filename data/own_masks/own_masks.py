"""The user's own masks of fields, in place of a segmenter's."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from data.cells.precropped.precropped_masks import find_nucleus_mask
from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import Field
from data.images.plane_address import WHOLE_FILE
from data.own_masks.formats.geojson import read_geojson
from data.own_masks.formats.image_files import read_image_file
from data.own_masks.formats.imagej_rois import read_rois
from data.own_masks.formats.numpy_files import read_numpy_file
from data.own_masks.mask_folder import NAMES, FieldFiles, find_masks
from data.own_masks.mask_names import split_suffix
from data.own_masks.notes import Notes
from data.own_masks.numbering import note_cells_without_nucleus, number_cells, number_nuclei
from data.own_masks.objects import fit_to_field, make_labels
from data.own_masks.outlines import Shape, draw_shapes
from data.own_masks.placement import doubt_placement

_NUCLEAR_STAIN = "blue"


@dataclass(frozen=True)
class FieldMasks:
    """The label images of a field: (H, W) uint16, cells 1..n, nuclei within them and numbered like them.

    A cell may have no nucleus.
    """

    nuclei: NDArray[np.uint16]
    cells: NDArray[np.uint16]


class OwnMasks:
    """Masks in the files of a folder; safe to call from many threads.

    Parameters
    ----------
    folder
        The folder.
    fields
        The fields whose masks they are.

    Attributes
    ----------
    others
        Files that fit no field.
    notes
        What happened to the masks that were read.

    Raises
    ------
    InputError
        There is no such folder, or none of its files fits a field.
    """

    name = "masks"
    channels = (_NUCLEAR_STAIN,)

    def __init__(self, folder: Path, fields: Sequence[Field]) -> None:
        found = find_masks(folder, fields)
        self._folder, self._of_fields, self.others = folder, found.of_fields, found.others
        self.notes = Notes()
        for files in found.of_fields.values():
            for path in files.passed_over:
                self.notes.add("outlines passed over, as there are label images", path.name)

    def identity(self) -> str:
        """Return what decides how files are read, in one line."""
        return "own masks 1"

    def prepare(self, workers: int = 1) -> None:
        """Do nothing: files need no preparation."""

    def fingerprint(self, field: Field) -> list[tuple[str, int, int]]:
        """Return name, bytes and modification time (ns) of the mask files of a field, to notice changes."""
        paths = self._of_fields.get(field.image_id, FieldFiles()).files
        stats = [(str(path.relative_to(self._folder)), path.stat()) for path in paths if path.is_file()]
        return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]

    def noting(self, notes: Notes) -> "OwnMasks":
        """Return the same masks, which note in other notes what happens to them."""
        other = copy(self)
        other.notes = notes
        return other

    def find(self, field: Field) -> FieldMasks:
        """Read the masks of one field, made of its size and numbered alike.

        Raises
        ------
        InputError
            It has no mask of its cells, several that differ, or one that cannot be read or is no label image.
        """
        files = self._of_fields.get(field.image_id, FieldFiles())
        if not files.cells and not files.nuclei:
            raise InputError(
                found="no mask", where=f"field {field.image_id} in {self._folder}", expected=f"a file {NAMES}"
            )
        stain = _read_stain(field)
        size = stain.shape[0], stain.shape[1]
        most = max(address.max_pixels for address in (WHOLE_FILE, *field.addresses.values()))
        masks = [(what, path, *entry) for what, path in _named(files) for entry in _read(path, most)]
        found: dict[str, tuple[Path, NDArray[np.integer]]] = {}
        for wanted in ("cells", "nuclei"):
            candidates = [(path, array) for what, path, said, array in masks if (said or what) == wanted]
            if candidates:
                found[wanted] = self._make_labels(candidates, size)
        if "cells" not in found:
            raise InputError(
                found=f"masks of the nuclei alone ({files.nuclei[0].name})",
                where=f"field {field.image_id} in {self._folder}",
                expected=f"masks of the cells, a file {NAMES}",
                advice="add the cells, or let a segmenter find them",
            )
        cells = number_cells(*found["cells"], self.notes)
        nuclei = found.get("nuclei")
        if _NUCLEAR_STAIN in field.files:
            labels = cells if nuclei is None else nuclei[1]
            doubt_placement(field.image_id, labels, stain, self.notes)
        if nuclei is None:
            stain = stain if _NUCLEAR_STAIN in field.files else field.read(self.channels)[0]
            return FieldMasks(self._make_nuclei(field, cells, stain), cells)
        return FieldMasks(number_nuclei(*nuclei, cells, self.notes), cells)

    def _make_labels(
        self, candidates: list[tuple[Path, Any]], size: tuple[int, int]
    ) -> tuple[Path, NDArray[np.integer]]:
        """Make one label image; where there are several, they must be the same."""
        first, *others = [
            (path, fit_to_field(_to_labels(path, mask, size), size, path, self.notes))
            for path, mask in candidates
        ]
        for path, labels in others:
            if not np.array_equal(labels, first[1]):
                raise InputError(
                    found=f"another mask than in {first[0].name}",
                    where=path,
                    expected="one mask of the cells and one of the nuclei for each field",
                    advice="move one of the two files out of the folder",
                )
        return first

    def _make_nuclei(
        self, field: Field, cells: NDArray[np.uint16], stain: NDArray[Any]
    ) -> NDArray[np.uint16]:
        """Find the nucleus of each cell in the nuclear stain."""
        blue = np.rint(stain * np.float32(255 / max(int(stain.max()), 1))).astype(np.uint8)
        nuclei = np.zeros_like(cells)
        for number, box in enumerate(ndimage.find_objects(cells), start=1):
            nuclei[box][find_nucleus_mask(blue[box], cells[box] == number)] = number
        self.notes.add("nuclei found in the blue channel, within the cells", field.image_id)
        note_cells_without_nucleus(field.image_id, nuclei, cells, self.notes)
        return nuclei


def _named(files: FieldFiles) -> list[tuple[str, Path]]:
    return [("cells", path) for path in files.cells] + [("nuclei", path) for path in files.nuclei]


def _read(path: Path, max_pixels: int) -> list[tuple[str, Any]]:
    """Read one file: what it says that its masks are of, and the masks, arrays or outlines."""
    suffix = split_suffix(path.name)[1]
    try:
        if suffix in (".npy", ".npz"):
            return list(read_numpy_file(path, max_pixels).items())
        if suffix in (".geojson", ".json"):
            return list(read_geojson(path).items())
        if suffix in (".roi", ".zip"):
            return [("", read_rois(path))]
        return [("", read_image_file(path, max_pixels))]
    except OSError as error:
        raise InputError(
            found=f"cannot be opened ({error.strerror or error})", where=path, expected="a readable mask"
        ) from None


def _to_labels(path: Path, mask: Any, size: tuple[int, int]) -> NDArray[np.integer]:
    if isinstance(mask, list) and mask and isinstance(mask[0], Shape):
        return draw_shapes(mask, size, path)
    return make_labels(np.asarray(mask), size, path)


def _read_stain(field: Field) -> NDArray[Any]:
    """Read the nuclear stain of a field, (H, W), or another channel that it has."""
    channel = next(name for name in (_NUCLEAR_STAIN, *CHANNELS) if name in field.files)
    return field.read((channel,))[0]

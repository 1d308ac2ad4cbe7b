"""Where labelled fields come from: label images beside fields, the HPA's annotated set, the simulator."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.fields.pixel_size import resolve_pixel_size
from data.images.image_file import read_plane
from data.masks.label_image import read_label_image
from data.own_masks.notes import Notes
from data.own_masks.numbering import number_cells, number_nuclei
from data.segmenter_training.annotated_cells import ANNOTATION, read_annotated_cells
from data.segmenter_training.labelled_field import LabelledField, make_labelled_field
from data.segmenter_training.stains import STAINS
from data.simulate.field import FieldSettings, simulate_set_field

log = logging.getLogger("hpacells")

ANNOTATED_PIXEL_UM = 0.32
"""Pixel size of the HPA's annotated set: 2048 px fields reduced to 512 px."""

SIMULATED_MASKS = "masks"
"""Folder of the label images in what `hpacells simulate` wrote."""

FieldKind = Literal["real", "simulated"]
"""Whether a field was photographed or made up."""

_PROTEIN = "green"

_ANNOTATED_FILES = {"red": "microtubules.png", "yellow": "er.png", "blue": "nuclei.png"}


@dataclass(frozen=True)
class FieldSource:
    """A labelled field that is not read yet.

    Attributes
    ----------
    field_id
        Its name.
    fingerprint
        Says when it has changed.
    load
        Reads or simulates it; picklable, so that it can run in another process.
    """

    field_id: str
    fingerprint: str
    load: Callable[[], LabelledField]


def find_labelled_fields(
    images: Path, masks: Path | None, pixel_size_um: float | Literal["auto"]
) -> list[FieldSource]:
    """Find the labelled fields of a folder.

    Parameters
    ----------
    images
        Either fields ``<ID>_red.png ...`` with label images ``<ID>_cells.png`` and, if there are any,
        ``<ID>_nuclei.png`` in `masks`; or the HPA's annotated set (DOI 10.5281/zenodo.4665863): a folder a
        field, in sub-folders or not, with ``microtubules.png``, ``er.png``, ``nuclei.png`` and the outlines
        in ``annotation.json``.
    masks
        Folder of the label images; by default `images`.
    pixel_size_um
        Pixel size of the fields in micrometres; "auto": what their files state. The annotated set's is
        known.

    Raises
    ------
    InputError
        There is no such folder, or nothing in it has cells.
    """
    if not images.is_dir():
        raise InputError(found="no such folder", where=images, expected="a folder of labelled fields")
    annotated = sorted(images.rglob(ANNOTATION))
    if annotated:
        return [_annotated_source(path.parent, images) for path in annotated]
    folder = masks or images
    sources = _masked_sources(images, folder, "real", pixel_size_um)
    if not sources:
        raise InputError(
            found="no field has a label image",
            where=folder,
            expected=f"<ID>_cells.png for fields of {images}, or {ANNOTATION} beside microtubules.png",
            advice="give their folder with --masks",
        )
    return sources


def find_simulated_fields(folder: Path, count: int) -> list[FieldSource]:
    """Find fields that `hpacells simulate` wrote, with their label images in ``masks``.

    Parameters
    ----------
    folder
        What was simulated.
    count
        How many of them are taken: every n-th, so that they are of all parts of the folder.

    Raises
    ------
    InputError
        There is no such folder, or it has fewer fields with known cells.
    """
    if not folder.is_dir():
        raise InputError(found="no such folder", where=folder, expected="what `hpacells simulate` wrote")
    sources = _masked_sources(folder, folder / SIMULATED_MASKS, "simulated", "auto")
    if len(sources) < count:
        raise InputError(
            found=f"{len(sources)} fields with cells in {SIMULATED_MASKS}/<ID>_cells.png",
            where=folder,
            expected=f"at least {count} (segmenter.simulated)",
            advice=f"simulate more of them, or give --simulated {len(sources)}",
        )
    return sources[:: max(1, len(sources) // max(1, count))][:count]


def simulated_fields(count: int, side_px: int, seed: int) -> list[FieldSource]:
    """Yield simulated fields of 0.08 um pixels, the cell lines in turn."""
    settings = FieldSettings(shape=(side_px, side_px), seed=seed)
    return [
        FieldSource(
            f"sim-{seed}-{index + 1:05d}", f"simulated {settings} {index}", _Simulated(index, settings)
        )
        for index in range(count)
    ]


@dataclass(frozen=True)
class _Simulated:
    index: int
    settings: FieldSettings

    def __call__(self) -> LabelledField:
        field = simulate_set_field(self.index, self.settings)
        image = field.image[[CHANNELS.index(channel) for channel in (*STAINS, _PROTEIN)]]
        name = f"sim-{self.settings.seed}-{self.index + 1:05d}"
        return make_labelled_field(
            name, "simulated", image, field.cells, field.nuclei, self.settings.pixel_size_um
        )


def _masked_sources(
    images: Path, masks: Path, source: FieldKind, pixel_size_um: float | Literal["auto"]
) -> list[FieldSource]:
    fields = find_fields(images)
    labelled = [field for field in fields if (masks / f"{field.image_id}_cells.png").is_file()]
    without = [field.image_id for field in fields if field not in labelled]
    if labelled and without:
        log.warning(
            "%d of %d fields have no label image <ID>_cells.png in %s and are left out, such as %s",
            len(without),
            len(fields),
            masks,
            without[0],
        )
    return [_masked_source(field, masks, source, pixel_size_um) for field in labelled]


def _masked_source(
    field: Field, masks: Path, source: FieldKind, pixel_size_um: float | Literal["auto"]
) -> FieldSource:
    paths = [masks / f"{field.image_id}_{what}.png" for what in ("cells", "nuclei")]
    stamps = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths if path.is_file()]
    fingerprint = f"{field.fingerprint()} {stamps} {pixel_size_um}"
    load = _Masked(field, paths[0], paths[1], source, pixel_size_um)
    return FieldSource(field.image_id, fingerprint, load)


@dataclass(frozen=True)
class _Masked:
    field: Field
    cells: Path
    nuclei: Path
    source: FieldKind
    pixel_size_um: float | Literal["auto"]

    def __call__(self) -> LabelledField:
        wanted = [*STAINS, _PROTEIN] if _PROTEIN in self.field.files else [*STAINS]
        known = [channel for channel in wanted if channel != "yellow" or channel in self.field.files]
        image = self.field.read(known)
        if known != wanted:
            image = np.insert(image, wanted.index("yellow"), 0, axis=0)
        cells = number_cells(self.cells, _read_labels(self.cells, image), Notes())
        nuclei = None
        if self.nuclei.is_file():
            nuclei = number_nuclei(self.nuclei, _read_labels(self.nuclei, image), cells, Notes())
        size = resolve_pixel_size(self.field, self.pixel_size_um).um
        return make_labelled_field(self.field.image_id, self.source, image, cells, nuclei, size)


def _read_labels(path: Path, image: NDArray[Any]) -> NDArray[np.uint16]:
    labels = read_label_image(path)
    if labels.shape != image.shape[1:]:
        raise InputError(
            found=f"{labels.shape[1]} x {labels.shape[0]} px",
            where=path,
            expected=f"{image.shape[2]} x {image.shape[1]} px, the size of its field",
        )
    return labels


def _annotated_source(folder: Path, root: Path) -> FieldSource:
    name = "_".join(folder.relative_to(root).parts) or folder.name
    paths = [folder / file for file in (*_ANNOTATED_FILES.values(), ANNOTATION)]
    stamps = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths if path.is_file()]
    return FieldSource(name, str(stamps), _Annotated(name, folder))


@dataclass(frozen=True)
class _Annotated:
    name: str
    folder: Path

    def __call__(self) -> LabelledField:
        image = np.stack([read_plane(self.folder / _ANNOTATED_FILES[stain], stain) for stain in STAINS])
        cells = read_annotated_cells(self.folder / ANNOTATION, image[STAINS.index("blue")])
        return make_labelled_field(self.name, "real", image, cells, None, ANNOTATED_PIXEL_UM)

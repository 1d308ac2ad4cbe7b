"""Random crops of labelled fields, changed in shape and light as other microscopes and cell lines would."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.fields.downscaling import WORKING_PIXEL_UM
from data.segmenter_training.augmentation import AugmentationSettings, augment_crop
from data.segmenter_training.labelled_field import STAIN_SCALE, LabelledField
from data.segmenter_training.stains import STAINS
from data.segmenter_training.stand_ins import StandInSettings, choose_stand_in, replace_stains
from data.segmenter_training.targets import Targets, make_targets
from data.settings import Settings

_RED, _YELLOW = STAINS.index("red"), STAINS.index("yellow")


class CropSettings(Settings):
    """How crops are cut, and how much they are changed."""

    size: int = Setting(default=256, ge=64, multiple_of=32, description="side of a crop in px of 0.32 um")
    scale: tuple[float, float] = Setting(default=(0.5, 1.6), description="range of enlargement")
    stretch: float = Setting(
        default=0.2, ge=0, le=1, description="largest stretching along one direction, in the logarithm"
    )
    slant: float = Setting(
        default=0.5, ge=0, le=1, description="part of the crops turned by any angle, not by right angles"
    )
    photography: AugmentationSettings = AugmentationSettings()
    stand_ins: StandInSettings = StandInSettings.model_validate({})


@dataclass(frozen=True)
class FieldCrop:
    """A crop as the network sees it, and what it should predict.

    Attributes
    ----------
    stains
        (3, size, size) float32.
    targets
        Maps and weight.
    """

    stains: NDArray[np.float32]
    targets: Targets


def cut_crop(field: LabelledField, settings: CropSettings, random: np.random.Generator) -> FieldCrop:
    """Cut a random crop out of a field and change it at random.

    Parameters
    ----------
    field
        The field.
    settings
        How much is changed.
    random
        Equal states give equal crops.
    """
    matrix = _random_affine(field, settings, random)
    nuclei, cells = (_warp_labels(labels, matrix, settings.size) for labels in (field.nuclei, field.cells))
    known = _warp(np.ones(field.cells.shape, np.uint8), matrix, settings.size, cv2.INTER_NEAREST, 0) > 0
    stains = _photograph(field, matrix, nuclei, cells, settings, random)
    return FieldCrop(stains, make_targets(nuclei, cells, known, WORKING_PIXEL_UM))


def _photograph(
    field: LabelledField,
    matrix: NDArray[np.float64],
    nuclei: NDArray[np.int32],
    cells: NDArray[np.int32],
    settings: CropSettings,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """Return the stains of a crop, (3, size, size) float32, changed at random."""

    def warp(plane: NDArray[np.uint8]) -> NDArray[np.float32]:
        return _warp_stain(plane, matrix, settings.size) / np.float32(STAIN_SCALE)

    stains, photography = np.stack([warp(stain) for stain in field.stains]), settings.photography
    stand_in = choose_stand_in(settings.stand_ins, random, has_protein=field.protein is not None)
    if stand_in:
        protein = field.protein if stand_in == "green" else None
        replace_stains(stains, stains[_YELLOW] if protein is None else warp(protein))
        # What stands in is always there.
        photography = photography.model_copy(update={"missing_er": 0.0, "missing_microtubules": 0.0})
    stains = augment_crop(stains, nuclei, cells, photography, random)
    if stand_in:
        # Segmenters see the same wherever it stands.
        replace_stains(stains, stains[_RED])
    return stains


def _random_affine(
    field: LabelledField, settings: CropSettings, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return the (2, 3) matrix that leads from pixels of the crop to pixels of the field."""
    low, high = np.log(settings.scale)
    step = WORKING_PIXEL_UM / field.pixel_um / np.exp(random.uniform(low, high))
    stretch = np.exp(random.uniform(-settings.stretch, settings.stretch) / 2)
    slanted = random.random() < settings.slant
    angle = random.uniform(0, 2 * np.pi) if slanted else np.pi / 2 * random.integers(4)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    mirror = np.diag([random.choice((-1.0, 1.0)), 1.0])
    linear = step * turn @ mirror @ np.diag([stretch, 1 / stretch])
    # Half the extent of the crop in the field: crops stay within it where they fit.
    reach = np.abs(linear).sum(axis=1) * settings.size / 2 * (0.6 if slanted else 1.0)
    centre = [
        float(np.clip(place, min(half, side / 2), max(side - half, side / 2)))
        for place, half, side in zip(
            _random_place(field, random), reach, field.cells.shape[::-1], strict=True
        )
    ]
    middle = (settings.size - 1) / 2
    offset = np.array(centre) - 0.5 - linear @ np.array([middle, middle])
    return np.column_stack([linear, offset])


def _random_place(field: LabelledField, random: np.random.Generator) -> tuple[float, float]:
    """Return x and y of a place: in or near a cell, as background has little to teach, or anywhere."""
    height, width = field.cells.shape
    place = random.uniform(0, width), random.uniform(0, height)
    for _ in range(4):
        if random.random() < 0.2 or field.cells[int(place[1]), int(place[0])]:
            break
        place = random.uniform(0, width), random.uniform(0, height)
    return place


def _warp(
    plane: NDArray[Any], matrix: NDArray[np.float64], size: int, interpolation: int, border: int
) -> NDArray[Any]:
    mode = cv2.BORDER_CONSTANT if border == 0 else cv2.BORDER_REFLECT_101
    flags = interpolation | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(plane, matrix, (size, size), flags=flags, borderMode=mode, borderValue=0)


def _warp_stain(stain: NDArray[np.uint8], matrix: NDArray[np.float64], size: int) -> NDArray[np.float32]:
    # Shrinking without a blur before it would alias.
    step = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    plane = stain.astype(np.float32)
    if step > 1.2:
        plane = cv2.GaussianBlur(plane, (0, 0), 0.4 * step)
    return _warp(plane, matrix, size, cv2.INTER_LINEAR, 1).astype(np.float32)


def _warp_labels(labels: NDArray[np.int32], matrix: NDArray[np.float64], size: int) -> NDArray[np.int32]:
    return _warp(labels.astype(np.uint16), matrix, size, cv2.INTER_NEAREST, 0).astype(np.int32)

"""Whether masks lie where the nuclei of their field are: outlines in micrometres, rows taken for columns."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

from data.fields.structure import has_structure
from data.own_masks.notes import Notes

IN_CORNER = (
    "all masks lie in the upper left corner, while most nuclei lie elsewhere; outlines in micrometres do so: "
    "write them in px"
)
TURNED = "masks lie where the nuclei are only if they are {}; check how rows and columns were written"

_SIDE = 512
"""Side of the shrunken field in px, on which places are compared."""

_CORNER = 1 / 3
"""Part of the height and of the width of a field: in micrometres a px of 0.08 um is 0.08, of 0.33 um 0.33."""

_MOST_ELSEWHERE = 0.75

_FITS = 0.75
_FITS_NOT = 0.5
_CLEARLY = 0.3
"""Of right masks of real fields the fit is 0.95 and more, of turned and mirrored ones 0.5 at most."""

_TURNED: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "transposed": np.transpose,
    "mirrored top to bottom": np.flipud,
    "mirrored left to right": np.fliplr,
    "turned by 180 degrees": lambda mask: np.rot90(mask, 2),
    "turned by 90 degrees to the left": np.rot90,
    "turned by 90 degrees to the right": lambda mask: np.rot90(mask, -1),
    "transposed and turned by 180 degrees": lambda mask: np.rot90(mask, 2).T,
}


def doubt_placement(image_id: str, labels: NDArray[np.integer], stain: NDArray[Any], notes: Notes) -> None:
    """Note a doubt about masks that lie elsewhere than the nuclei, as if they were written otherwise.

    Parameters
    ----------
    image_id
        The field.
    labels
        (H, W) label image of the cells, or of the nuclei; 0 = background.
    stain
        (H, W) uint8 or uint16, the nuclear stain.
    notes
        Where the doubt is noted; nothing where the stain shows no nuclei, or nothing is labelled.
    """
    factor = max(1, min(stain.shape) // _SIDE)
    size = stain.shape[1] // factor, stain.shape[0] // factor
    shrunken = cv2.resize(stain, size, interpolation=cv2.INTER_AREA)
    is_nucleus = shrunken > threshold_otsu(shrunken)
    mask = (
        cv2.resize(np.ascontiguousarray(labels > 0).view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    )
    if not is_nucleus.any() or not mask.any() or mask.all():
        return
    doubt = _doubt_corner(mask, is_nucleus, factor) or _doubt_axes(mask, is_nucleus)
    if doubt is not None and has_structure(stain):
        what, example = doubt
        notes.doubt(what, f"{image_id} ({example})")


def _doubt_corner(
    mask: NDArray[np.bool_], is_nucleus: NDArray[np.bool_], factor: int
) -> tuple[str, str] | None:
    height, width = mask.shape
    bottom, right = (int(np.flatnonzero(mask.any(axis=axis))[-1]) + 1 for axis in (1, 0))
    if bottom > height * _CORNER or right > width * _CORNER:
        return None
    elsewhere = 1 - np.count_nonzero(is_nucleus[:bottom, :right]) / np.count_nonzero(is_nucleus)
    if elsewhere < _MOST_ELSEWHERE:
        return None
    place = f"within {right * factor} x {bottom * factor} of {width * factor} x {height * factor} px"
    return IN_CORNER, f"{place}, {elsewhere:.0%} of the nuclear signal elsewhere"


def _doubt_axes(mask: NDArray[np.bool_], is_nucleus: NDArray[np.bool_]) -> tuple[str, str] | None:
    fit = _fit(mask, is_nucleus)
    if fit > _FITS_NOT:
        return None
    turned = {name: turn(mask) for name, turn in _TURNED.items()}
    fits = {name: _fit(other, is_nucleus) for name, other in turned.items() if other.shape == mask.shape}
    best = max(fits, key=lambda name: fits[name])
    if fits[best] < max(_FITS, fit + _CLEARLY):
        return None
    covered, would = (np.mean(other[is_nucleus]) for other in (mask, turned[best]))
    example = f"{covered:.0%} of the nuclear signal in them, {would:.0%} then"
    return TURNED.format(best), example


def _fit(mask: NDArray[np.bool_], is_nucleus: NDArray[np.bool_]) -> float:
    """Return how far a mask has the nuclei: 1 where all of them, 0 where as many as anywhere in the field."""
    chance = float(mask.mean())
    return (float(mask[is_nucleus].mean()) - chance) / (1 - chance)

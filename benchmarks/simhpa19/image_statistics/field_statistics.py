"""What a field looks like in numbers, to lay simulated fields beside real ones."""

from dataclasses import dataclass
from itertools import combinations, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.simhpa19.image_statistics.power_spectrum import (
    BANDS,
    measure_slope,
    measure_spectrum,
    share_of_bands,
)
from data.cells.precropped.precropped_masks import find_nucleus_mask
from data.channels import CHANNELS

QUANTILES = (5, 25, 50, 75, 95, 99, 99.9)
"""Quantiles of grey values within the cells, %."""

_BLUE = CHANNELS.index("blue")
_HALF_OF_NORMAL = 0.6745
_SMOOTH_PX = 2.0
_MID_GREY = (40, 90)


@dataclass(frozen=True)
class FieldFigures:
    """One field in numbers.

    Attributes
    ----------
    figures
        Name -> value.
    histograms
        (4, 256) share of the cells' pixels that has each grey value.
    spectra
        (4, 32) as ``benchmarks.simhpa19.image_statistics.power_spectrum.measure_spectrum`` gives them.
    """

    figures: dict[str, float]
    histograms: NDArray[np.float64]
    spectra: NDArray[np.float64]


def measure_field(image: NDArray[np.uint8], cells: NDArray[np.integer], pixel_size_um: float) -> FieldFigures:
    """Measure a field's grey values, noise, spectra and cells.

    The nuclei are found within the given cells in one and the same way for all fields.

    Parameters
    ----------
    image
        (4, H, W) uint8, R G B Y.
    cells
        (H, W) label image.
    pixel_size_um
        Size of a pixel.

    Raises
    ------
    ValueError
        There is no cell.
    """
    inside = cells > 0
    if not inside.any():
        message = "a field without cells cannot be measured"
        raise ValueError(message)
    figures: dict[str, float] = {}
    histograms = np.zeros((len(CHANNELS), 256))
    spectra = []
    for number, (channel, plane) in enumerate(zip(CHANNELS, image, strict=True)):
        counts = np.bincount(plane[inside], minlength=256)
        histograms[number] = counts / counts.sum()
        spectra.append(measure_spectrum(plane, inside, pixel_size_um))
        measured = _grey_values(histograms[number], plane, inside) | _spectrum_figures(spectra[-1])
        figures |= {f"{channel} {name}": value for name, value in measured.items()}
    figures |= _correlations(image, inside)
    figures |= _cell_figures(image, cells, pixel_size_um)
    return FieldFigures(figures, histograms, np.stack(spectra))


def measure_noise(plane: NDArray[np.uint8], inside: NDArray[np.bool_]) -> float:
    """Estimate the standard deviation of pixel noise, grey values, from the finest diagonal differences.

    The median of their sizes over pixels inside tells noise from the few strong edges.

    References
    ----------
    Donoho and Johnstone, Ideal spatial adaptation by wavelet shrinkage, Biometrika 1994.
    """
    values = plane.astype(np.float32)
    diagonal = (values[:-1, :-1] - values[:-1, 1:] - values[1:, :-1] + values[1:, 1:]) / 2
    chosen = np.abs(diagonal[inside[:-1, :-1]])
    return float(np.median(chosen) / _HALF_OF_NORMAL) if chosen.size else float("nan")


def _grey_values(
    histogram: NDArray[np.float64], plane: NDArray[np.uint8], inside: NDArray[np.bool_]
) -> dict[str, float]:
    cumulated = np.cumsum(histogram)
    levels = {f"{q:g} %": float(np.searchsorted(cumulated, q / 100 - 1e-12)) for q in QUANTILES}
    noise = measure_noise(plane, inside)
    mean = float(histogram @ np.arange(256))
    outside = plane[~inside]
    smooth = cv2.GaussianBlur(plane, (0, 0), _SMOOTH_PX)
    mid_grey = inside & (smooth >= _MID_GREY[0]) & (smooth < _MID_GREY[1])
    return levels | {
        "saturated %": 100 * float(histogram[255]),
        "zero %": 100 * float(histogram[0]),
        "background": float(np.median(outside)) if outside.size else float("nan"),
        "noise": noise,
        "noise / mean": noise / max(mean, 1e-9),
        "noise at grey 40-90": measure_noise(plane, mid_grey),
    }


def _spectrum_figures(spectrum: NDArray[np.float64]) -> dict[str, float]:
    shares = share_of_bands(spectrum)
    names = [f"power {low:g}-{high:g} /um %" for low, high in pairwise(BANDS)]
    return {"slope": measure_slope(spectrum)} | dict(zip(names, (100 * shares).tolist(), strict=True))


def _correlations(image: NDArray[np.uint8], inside: NDArray[np.bool_]) -> dict[str, float]:
    """Correlate the channels within the cells, after a blur that takes off the noise."""
    smooth = [cv2.GaussianBlur(plane, (0, 0), _SMOOTH_PX)[inside].astype(np.float32) for plane in image]
    table = np.corrcoef(np.stack(smooth))
    pairs = combinations(range(len(CHANNELS)), 2)
    return {f"correlation {CHANNELS[a]} {CHANNELS[b]}": float(table[a, b]) for a, b in pairs}


def _cell_figures(
    image: NDArray[np.uint8], cells: NDArray[np.integer], pixel_size_um: float
) -> dict[str, float]:
    """Measure areas of whole cells and nuclei, um2, and how each channel differs between and in cells."""
    height, width = cells.shape
    areas, nucleus_areas, solidity, contrasts, means = [], [], [], [], []
    for number, box in enumerate(ndimage.find_objects(cells), start=1):
        if box is None:
            continue
        mask = cells[box] == number
        planes = image[:, box[0], box[1]]
        nucleus = find_nucleus_mask(planes[_BLUE], mask)
        cytoplasm = mask & ~nucleus
        means.append(planes[:, mask].mean(axis=1))
        if nucleus.any() and cytoplasm.any():
            ratio = planes[:, nucleus].mean(axis=1) / np.maximum(planes[:, cytoplasm].mean(axis=1), 0.5)
            contrasts.append(ratio)
        whole = box[0].start > 0 and box[1].start > 0 and box[0].stop < height and box[1].stop < width
        if whole:
            areas.append(mask.sum() * pixel_size_um**2)
            nucleus_areas.append(nucleus.sum() * pixel_size_um**2)
            solidity.append(_solidity(mask))
    figures = {
        "cell area um2": _median(areas),
        "nucleus area um2": _median(nucleus_areas),
        "cell solidity": _median(solidity),
        "covered by cells %": 100 * float((cells > 0).mean()),
        "cells in 1000 um2": 1000 * len(means) / (cells.size * pixel_size_um**2),
    }
    spread = np.std(means, axis=0) / np.maximum(np.mean(means, axis=0), 1e-9)
    contrast = np.median(contrasts, axis=0) if contrasts else np.full(len(CHANNELS), np.nan)
    for channel, between, within in zip(CHANNELS, spread, contrast, strict=True):
        figures[f"{channel} spread between cells"] = float(between)
        figures[f"{channel} nucleus / cytoplasm"] = float(within)
    return figures


def _solidity(mask: NDArray[np.bool_]) -> float:
    """Divide a cell's area by that of its convex hull."""
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(np.concatenate(contours))
    return float(mask.sum() / max(cv2.contourArea(hull), 1.0))


def _median(values: list[float]) -> float:
    return float(np.median(values)) if values else float("nan")

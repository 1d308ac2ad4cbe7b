"""What is stained and what is background, for a stain of unknown strength."""

import cv2
import numpy as np

NOISE_FACTOR = 4.0
"""What stands out less than this many standard deviations of the noise from the background is not stained."""

DARK_QUANTILE = 0.01
BRIGHT_QUANTILE = 0.9995
"""Where a stain's range is read: beyond lie dead and hot pixels, and specks of debris."""

BINS = 512
"""Steps in which Otsu's threshold is sought."""


def smooth(image: np.ndarray, sigma_px: float) -> np.ndarray:
    """Blur with a Gaussian of `sigma_px` pixels; (h, w) float32 in and out."""
    return cv2.GaussianBlur(image, (0, 0), max(sigma_px, 0.3), borderType=cv2.BORDER_REFLECT)


def disk(radius_px: float) -> np.ndarray:
    """Make the structuring element of a disk; (2 r + 1, 2 r + 1) uint8, r rounded and at least 1."""
    side = 2 * max(round(radius_px), 1) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def stretch_stain(stain: np.ndarray, sigma_px: float) -> np.ndarray:
    """Smooth a stain and stretch it from its darkest to its brightest part, to 0..1.

    Parameters
    ----------
    stain
        (h, w) float32, any scale.
    sigma_px
        Smoothing in pixels.

    Returns
    -------
    np.ndarray
        (h, w) float32 in 0..1; all 0 where the stain is empty, which is when nothing stands out of its noise.
    """
    smoothed = smooth(stain, sigma_px)
    low, high = (float(value) for value in np.quantile(smoothed, (DARK_QUANTILE, BRIGHT_QUANTILE)))
    residual = stain - smooth(stain, 1.0)
    noise = 1.4826 * float(np.median(np.abs(residual)))
    if high - low <= max(NOISE_FACTOR * noise, 1e-6):
        return np.zeros_like(stain)
    return np.clip((smoothed - low) / (high - low), 0, 1)


def otsu_threshold(values: np.ndarray) -> float:
    """Find the value that parts two classes with the largest variance between them (Otsu 1979).

    Parameters
    ----------
    values
        Any shape, float, not all equal.
    """
    low, high = float(values.min()), float(values.max())
    counts, edges = np.histogram(values, bins=BINS, range=(low, high))
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1].astype(float)
    above = counts.sum() - below
    mass = np.cumsum(counts * centres)
    difference = mass[:-1] / below - (mass[-1] - mass[:-1]) / above
    between = below * above * difference**2
    # In the gap between two classes that are far apart all thresholds are as good: the middle one is taken.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1 + best].mean())

"""Power spectra of a plane, averaged over directions, at frequencies in cycles a micrometre."""

import numpy as np
from numpy.typing import NDArray

WINDOW_UM = 32.0
"""Side of the square windows whose spectra are averaged."""

FREQUENCIES = np.geomspace(0.1, 6.25, 33)
"""Edges of the frequency bands, cycles/um; the last is the Nyquist frequency of 0.08 um pixels."""

BANDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 6.25)
"""Edges of the wide bands whose shares are told, cycles/um."""

_LEAST_COVER = 0.6


def measure_spectrum(
    plane: NDArray[np.uint8], foreground: NDArray[np.bool_], pixel_size_um: float
) -> NDArray[np.float64]:
    """Measure the power in each band of ``FREQUENCIES`` as a share of all power above 0.1 cycles/um.

    Windows with a Hann taper, half overlapping, of which 60 % or more are foreground are averaged; where
    there is none, all are.

    Parameters
    ----------
    plane, foreground
        (H, W) the picture, and what of it is of interest.
    pixel_size_um
        Size of a pixel; frequencies above its Nyquist frequency get no power.

    Returns
    -------
    ndarray (32,)
        float64, with the sum 1; zeros for an even plane.
    """
    side = min(round(WINDOW_UM / pixel_size_um), *plane.shape)
    places = [(y, x) for y in _starts(plane.shape[0], side) for x in _starts(plane.shape[1], side)]
    covered = [foreground[y : y + side, x : x + side].mean() for y, x in places]
    chosen = [place for place, cover in zip(places, covered, strict=True) if cover >= _LEAST_COVER] or places
    taper = np.outer(np.hanning(side), np.hanning(side))
    power = np.zeros((side, side // 2 + 1))
    for y, x in chosen:
        window = plane[y : y + side, x : x + side].astype(np.float32)
        power += np.abs(np.fft.rfft2((window - window.mean()) * taper)) ** 2
    rows, columns = np.fft.fftfreq(side, pixel_size_um), np.fft.rfftfreq(side, pixel_size_um)
    frequency = np.hypot(rows[:, None], columns)
    # The half spectrum shows each frequency once, but those without a mirror image count half.
    power[:, [0, -1] if side % 2 == 0 else [0]] /= 2
    binned, _ = np.histogram(frequency, FREQUENCIES, weights=power)
    return binned / max(binned.sum(), 1e-12)


def share_of_bands(spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum the shares of a spectrum in each wide band of ``BANDS``, (6,) float64; bands by their middles."""
    return np.histogram(_middles(), BANDS, weights=spectrum)[0]


def measure_slope(spectrum: NDArray[np.float64], lowest: float = 0.2, highest: float = 3.0) -> float:
    """Fit the exponent of a power law to the power density between two frequencies, cycles/um.

    White noise has 0; edges have about -3 (power falls with the cube of frequency).
    """
    density = spectrum / np.diff(FREQUENCIES**2)
    middles = _middles()
    used = (middles >= lowest) & (middles <= highest) & (density > 0)
    if used.sum() < 2:
        return float("nan")
    return float(np.polyfit(np.log(middles[used]), np.log(density[used]), 1)[0])


def _middles() -> NDArray[np.float64]:
    return np.sqrt(FREQUENCIES[1:] * FREQUENCIES[:-1])


def _starts(length: int, side: int) -> NDArray[np.intp]:
    count = 1 + max(0, int(np.ceil((length - side) / (side / 2))))
    return np.rint(np.linspace(0, length - side, count)).astype(np.intp)

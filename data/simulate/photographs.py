"""Staining the cells of a field and taking its four channels."""

import numpy as np
from numpy.typing import NDArray

from data.labels import NEGATIVE
from data.simulate.cell import Cell
from data.simulate.optics import Exposure, brightness_to_show, take_picture
from data.simulate.protein import paint_protein
from data.simulate.random_streams import Stream, random_stream
from data.simulate.stains import stain_microtubules, stain_nucleus, stain_reticulum

_BLUR_UM = (0.095, 0.1, 0.12, 0.11)
"""Standard deviation of the point spread function of red, green, blue and yellow: a sharp confocal image."""

_LEAST_FULL = (0.4, 0.3, 0.4, 0.3)
"""Brightness below which nothing is exposed to fill the range: an unstained field stays dark."""

_NEGATIVE_FULL = 0.8
_CELL_SPREAD = (0.3, 0.35, 0.22, 0.25)
"""Spread of the logarithm of brightness from cell to cell."""


def photograph_cells(
    cells: list[Cell],
    labels: list[tuple[int, ...]],
    shape: tuple[int, int],
    pixel_size_um: float,
    key: tuple[int, int],
) -> NDArray[np.uint8]:
    """Stain all cells of a field and take its channels.

    Parameters
    ----------
    cells, labels
        Every cell in sight and, in the same order, its classes.
    shape, pixel_size_um
        Height and width in pixels, and the size of a pixel.
    key
        Seed and number of the field.

    Returns
    -------
    NDArray
        (4, H, W) uint8: red, green, blue, yellow.
    """
    light = _stain_cells(cells, labels, shape)
    random = random_stream(*key, Stream.CAMERA)
    negative = all(classes == (NEGATIVE,) for classes in labels)
    pictures = np.empty((4, *shape), np.uint8)
    for number, channel in enumerate(light):
        blur = _BLUR_UM[number] * random.uniform(0.9, 1.5)
        least = _NEGATIVE_FULL if negative and number == 1 else _LEAST_FULL[number]
        exposure = Exposure(
            blur_um=blur,
            glow=random.uniform(0.08, 0.22),
            haze=random.uniform(0.0, 0.012),
            peak=random.uniform(170.0, 255.0),
            full=brightness_to_show(channel, blur / pixel_size_um, at_least=least),
            photons=random.uniform(60.0, 220.0),
            read_noise=random.uniform(0.6, 1.8),
        )
        pictures[number] = take_picture(channel, 1.0 / pixel_size_um, exposure, random)
    return pictures


def _stain_cells(
    cells: list[Cell], labels: list[tuple[int, ...]], shape: tuple[int, int]
) -> NDArray[np.float32]:
    light = np.zeros((4, *shape), np.float32)
    for cell, classes in zip(cells, labels, strict=True):
        brightness = np.exp(cell.random(Stream.STAINS).normal(0.0, _CELL_SPREAD))
        stained = (
            stain_microtubules(cell),
            paint_protein(cell, classes),
            stain_nucleus(cell),
            stain_reticulum(cell),
        )
        for channel, image, factor in zip(light, stained, brightness, strict=True):
            channel[cell.window] += np.float32(factor) * image
    return light

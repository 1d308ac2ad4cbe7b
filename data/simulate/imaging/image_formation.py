"""Staining the cells of a field and taking its four channels."""

import numpy as np
from numpy.typing import NDArray

from data.labels.label_file import NEGATIVE
from data.simulate.imaging.imaging_conditions import Conditions, Optics, draw_conditions
from data.simulate.imaging.optics import brightness_to_show, render_image, spread_light, to_grey_levels
from data.simulate.patterns.cell import Cell
from data.simulate.patterns.protein import paint_protein
from data.simulate.patterns.reticulum import stain_reticulum
from data.simulate.patterns.stains import stain_microtubules, stain_nucleus
from data.simulate.random_streams import Stream, random_stream

_LEAST_FULL = (0.4, 0.25, 0.4, 0.3)
"""Brightness below which nothing is exposed to fill the range: an unstained field stays dark."""

_BRIGHTEST = (9e-4, 1e-3, 4e-4, 1.2e-3)
"""Part of a field that is as bright as the exposure allows, or brighter."""

_NEGATIVE_FULL = 0.7
_CELL_SPREAD = (0.35, 0.0, 0.22, 0.3)
"""Spread of the logarithm of brightness from cell to cell; the protein's is the antibody's."""


def form_image(
    cells: list[Cell],
    labels: list[tuple[int, ...]],
    shape: tuple[int, int],
    pixel_size_um: float,
    key: tuple[int, int],
    optics: Optics,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Stain all cells of a field and take its channels.

    Parameters
    ----------
    cells, labels
        Every cell in sight and, in the same order, its classes.
    shape, pixel_size_um
        Height and width in pixels, and the size of a pixel.
    key
        Seed and number of the field.
    optics
        How well the set's fields are taken.

    Returns
    -------
    NDArray
        (4, H, W) uint8 or uint16: red, green, blue, yellow.
    """
    conditions = draw_conditions(key, optics)
    light = _stain_cells(cells, labels, shape)
    _mix_light(light, conditions)
    random = random_stream(*key, Stream.CAMERA)
    negative = all(classes == (NEGATIVE,) for classes in labels)
    pictures = np.empty((4, *shape), np.float32)
    for number, channel in enumerate(light):
        blur_px = conditions.blur_um[number] / pixel_size_um
        least = _NEGATIVE_FULL if negative and number == 1 else _LEAST_FULL[number]
        full = brightness_to_show(channel, blur_px, brightest=_BRIGHTEST[number], at_least=least)
        exposure = conditions.expose(number, full, random)
        pictures[number] = render_image(channel, 1.0 / pixel_size_um, exposure, random)
    return to_grey_levels(pictures, optics.bits)


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


def _mix_light(light: NDArray[np.float32], conditions: Conditions) -> None:
    """Let channels bleed into the next, and light the field unevenly, in place."""
    leaks = {into: (source, part) for (source, into), part in conditions.leaks.items()}
    pure = {source: light[source].copy() for source, _ in leaks.values()}
    for into, (source, part) in leaks.items():
        light[into] += np.float32(part) * pure[source]
    light *= spread_light((light.shape[1], light.shape[2]), conditions.fall, conditions.centre)

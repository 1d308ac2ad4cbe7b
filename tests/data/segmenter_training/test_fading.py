"""Cells that fade towards their rim."""

import numpy as np
import pytest

from data.segmenter_training.fading import FadingSettings, fade_cells

SIDE = 81
MIDDLE = SIDE // 2
FAINT = FadingSettings(part=1, dimmest=0.01, steepness=(1.0, 1.0), black_level=0)


def round_cell() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return even stains of a round cell of 36 px with a round nucleus of 8 px, and these two."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - MIDDLE
    radius = np.hypot(rows, columns)
    nuclei, cells = ((radius <= limit).astype(np.int32) for limit in (8, 36))
    return np.full((3, SIDE, SIDE), 0.8, np.float32), nuclei, cells


class Least:
    """Random numbers of which each is the largest there is."""

    def random(self, size: int) -> np.ndarray:
        return np.ones(size)

    def uniform(self, low: float, high: float, size: int | None = None) -> np.ndarray | float:
        return high if size is None else np.full(size, high)


def test_light_falls_from_the_nucleus_to_the_rim_as_a_power_of_the_way() -> None:
    stains, nuclei, cells = round_cell()
    fade_cells(stains, nuclei, cells, FAINT, Least())
    light = (stains[0] / np.float32(0.8)) ** 2
    assert light[MIDDLE, MIDDLE] == pytest.approx(1)
    # Halfway between nucleus and rim, at 22 px of 8..36, a tenth is left: the root of the rim's hundredth.
    assert light[MIDDLE, MIDDLE + 22] == pytest.approx(0.1, abs=0.02)
    assert light[MIDDLE, MIDDLE + 36] == pytest.approx(0.01, abs=0.003)
    assert np.array_equal(stains[0], stains[1])


def test_nuclei_and_what_lies_outside_cells_keep_their_light() -> None:
    stains, nuclei, cells = round_cell()
    fade_cells(stains, nuclei, cells, FAINT, Least())
    assert np.all(stains[2] == np.float32(0.8))
    assert np.allclose(stains[:, cells == 0], 0.8)


def test_the_black_level_cuts_off_what_is_dimmer() -> None:
    stains, nuclei, cells = round_cell()
    settings = FAINT.model_copy(update={"black_level": 0.02})
    fade_cells(stains, nuclei, cells, settings, Least())
    assert stains[0, MIDDLE, MIDDLE + 36] == 0
    assert stains[0, MIDDLE, MIDDLE] == pytest.approx(np.sqrt(0.64 - 0.02))


def test_a_crop_without_a_nucleus_stays_as_it_is() -> None:
    stains, nuclei, cells = round_cell()
    fade_cells(stains, np.zeros_like(nuclei), cells, FAINT, Least())
    assert np.allclose(stains, 0.8)


def test_cells_fade_each_by_itself() -> None:
    stains = np.ones((3, 40, 80), np.float32)
    cells, nuclei = np.zeros((40, 80), np.int32), np.zeros((40, 80), np.int32)
    for number, left in enumerate((2, 42), start=1):
        cells[2:38, left : left + 36] = number
        nuclei[15:25, left + 13 : left + 23] = number
    fade_cells(stains, nuclei, cells, FAINT, np.random.default_rng(4))
    rims = [float(stains[0, 20, left]) for left in (2, 42)]
    assert abs(rims[0] - rims[1]) > 0.05

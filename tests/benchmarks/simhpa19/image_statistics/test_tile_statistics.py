import numpy as np
import pytest

from benchmarks.simhpa19.image_statistics.tile_statistics import STATISTICS, measure_tiles


def measure(tile: np.ndarray, cell: np.ndarray, nucleus: np.ndarray) -> dict[str, float]:
    (values,) = measure_tiles(tile[None], cell[None], nucleus[None])
    return dict(zip(STATISTICS, values.tolist(), strict=True))


@pytest.fixture
def masks() -> tuple[np.ndarray, np.ndarray]:
    cell, nucleus = np.zeros((2, 8, 8), bool)
    cell[:4] = True
    nucleus[:2] = True
    return cell, nucleus


def test_ten() -> None:
    assert len(STATISTICS) == len(set(STATISTICS)) == 10


def test_values(masks: tuple[np.ndarray, np.ndarray]) -> None:
    cell, nucleus = masks
    nucleus[5, 5] = True
    tile = np.full((4, 8, 8), 255, np.uint8)
    tile[0, :4] = 51
    tile[1, :2], tile[1, 2:4] = 30, 90
    tile[2, :4] = 0
    tile[3, :2], tile[3, 2:4] = 200, 100
    values = measure(tile, cell, nucleus)
    assert values["mean red"] == pytest.approx(0.2)
    assert values["mean green"] == pytest.approx(60 / 255)
    assert values["mean blue"] == 0
    assert values["mean yellow"] == pytest.approx(150 / 255)
    assert (values["cell area"], values["nucleus area"]) == (0.5, 0.5)
    assert values["green in nucleus to all"] == pytest.approx(0.25)
    assert values["green overlap with nucleus"] == pytest.approx(0.25)
    assert values["correlation green red"] == 0
    assert values["correlation green yellow"] == pytest.approx(-1)


def test_overlap_and_ratio_differ_with_the_nucleus_size(masks: tuple[np.ndarray, np.ndarray]) -> None:
    cell, nucleus = masks
    nucleus[1] = False
    tile = np.full((4, 8, 8), 100, np.uint8)
    values = measure(tile, cell, nucleus)
    assert values["green in nucleus to all"] == pytest.approx(0.5)
    assert values["green overlap with nucleus"] == pytest.approx(0.25)


def test_nothing_to_measure(masks: tuple[np.ndarray, np.ndarray]) -> None:
    cell, nucleus = masks
    empty = measure(np.full((4, 8, 8), 9, np.uint8), np.zeros_like(cell), nucleus)
    assert empty == dict.fromkeys(STATISTICS, 0.0) | {"green in nucleus to all": 0.5}
    dark = measure(np.zeros((4, 8, 8), np.uint8), cell, nucleus)
    assert dark["green in nucleus to all"] == 0.5
    assert np.isfinite(list(dark.values())).all()

import numpy as np

from models.segmenters.classical.undivided_cells import join_undivided_cells

PIXEL_UM = 0.32


def _halves(gap_px: int, line: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return nuclei, cells and brightness of a disk that is cut in two along a line of some brightness."""
    y, x = np.mgrid[:80, :80] + 0.5 - 40
    cells = np.where(np.hypot(y, x) < 38, np.where(x < 0, 1, 2), 0).astype(np.int32)
    nuclei = np.where((np.abs(y) < 10) & (2 * np.abs(x) > gap_px) & (np.abs(x) < 20), cells, 0)
    brightness = np.zeros(cells.shape, np.float32)
    brightness[:, 38:42] = line
    return nuclei, cells, brightness


def test_two_close_nuclei_with_no_line_between_them_are_one_cell() -> None:
    assert join_undivided_cells(*_halves(gap_px=4, line=0.2), PIXEL_UM).tolist() == [0, 1, 1]


def test_a_dark_line_parts_two_cells() -> None:
    assert join_undivided_cells(*_halves(gap_px=4, line=-0.2), PIXEL_UM).tolist() == [0, 1, 2]


def test_nuclei_far_apart_belong_to_two_cells() -> None:
    assert join_undivided_cells(*_halves(gap_px=16, line=0.2), PIXEL_UM).tolist() == [0, 1, 2]


def test_cells_that_merely_touch_are_two() -> None:
    nuclei, cells, brightness = _halves(gap_px=4, line=0.2)
    cells[:28, 38:42] = cells[52:, 38:42] = 0
    assert join_undivided_cells(nuclei, cells, brightness, PIXEL_UM).tolist() == [0, 1, 2]


def test_three_in_a_row_are_one_and_a_lone_cell_stays() -> None:
    cells = np.repeat(np.array([[1, 3, 4, 0, 2]], np.int32), 20, axis=1).repeat(60, axis=0)
    nuclei = np.zeros_like(cells)
    nuclei[20:40] = cells[20:40]
    brightness = np.where(nuclei > 0, -1.0, 0.0).astype(np.float32)
    brightness[:, [19, 20, 39, 40]] = 0.5
    assert join_undivided_cells(nuclei, cells, brightness, PIXEL_UM).tolist() == [0, 1, 2, 1, 1]


def test_no_cell_has_no_neighbour() -> None:
    empty = np.zeros((8, 8), np.int32)
    assert join_undivided_cells(empty, empty, empty.astype(np.float32), PIXEL_UM).tolist() == [0]

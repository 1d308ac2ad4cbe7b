import numpy as np
from scipy import ndimage

from models.segmenters.classical.cell_bodies import find_cell_bodies

PIXEL_UM = 0.32


def _ellipse(shape: tuple[int, int], cy: float, cx: float, ry: float, rx: float) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    return np.hypot((y - cy) / ry, (x - cx) / rx) <= 1


def _scene() -> tuple[np.ndarray, np.ndarray]:
    """Return the stain of a long cell and a short one that touch, and their nuclei, far from half-way."""
    shape = (120, 240)
    stain = np.full(shape, 0.03, np.float32)
    stain[30:90, 20:160] = 0.4
    stain[30:90, 163:220] = 0.4
    nuclei = np.zeros(shape, np.int32)
    nuclei[_ellipse(shape, 60, 60, 15, 15)] = 1
    nuclei[_ellipse(shape, 60, 190, 15, 15)] = 2
    return stain, nuclei


def test_cells_meet_in_the_dark_line_and_not_half_way() -> None:
    stain, nuclei = _scene()
    _, cells = find_cell_bodies(stain, stain, nuclei, PIXEL_UM)
    assert (cells[35:85, 24:157] == 1).all()
    assert (cells[35:85, 166:216] == 2).all()
    assert (cells[:25] == 0).all()


def test_one_stain_is_enough() -> None:
    stain, nuclei = _scene()
    both = find_cell_bodies(stain, stain, nuclei, PIXEL_UM)[1]
    for red, yellow in ((stain, np.zeros_like(stain)), (np.zeros_like(stain), stain)):
        alone = find_cell_bodies(red, yellow, nuclei, PIXEL_UM)[1]
        assert np.mean(alone == both) > 0.97


def test_without_stains_the_nuclei_share_the_field() -> None:
    _, nuclei = _scene()
    empty = np.zeros(nuclei.shape, np.float32)
    own_nuclei, cells = find_cell_bodies(empty, empty, nuclei, PIXEL_UM)
    assert (own_nuclei == nuclei).all()
    assert set(np.unique(cells)) == {1, 2}
    assert (cells[:, :110] == 1).all()
    assert (cells[:, 140:] == 2).all()


def test_a_vacuole_belongs_to_its_cell_and_a_gap_between_two_cells_to_none() -> None:
    stain, nuclei = _scene()
    vacuole, gap = _ellipse(stain.shape, 60, 110, 12, 12), _ellipse(stain.shape, 60, 161, 11, 8)
    stain[vacuole | gap] = 0.03
    _, cells = find_cell_bodies(stain, stain, nuclei, PIXEL_UM)
    assert (cells[vacuole] == 1).all()
    assert (cells[_ellipse(stain.shape, 60, 161, 5, 3)] == 0).all()


def test_cells_are_whole_and_hold_their_nuclei() -> None:
    random = np.random.default_rng(4)
    stain, nuclei = _scene()
    stain *= random.gamma(4, 0.25, stain.shape).astype(np.float32)
    own_nuclei, cells = find_cell_bodies(stain, stain, nuclei, PIXEL_UM)
    assert (own_nuclei == nuclei).all()
    assert (cells[nuclei > 0] == nuclei[nuclei > 0]).all()
    for number in (1, 2):
        assert ndimage.label(cells == number)[1] == 1
        assert ndimage.label(cells != number, structure=np.ones((3, 3)))[1] == 1

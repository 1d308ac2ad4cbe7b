import numpy as np
import pytest

from models.segmenters.classical.nuclei import find_nuclei

PIXEL_UM = 0.32


def _paint(ellipses: list[tuple[float, float, float, float, float]], size_um: float = 60.0) -> np.ndarray:
    side = round(size_um / PIXEL_UM)
    y, x = (np.mgrid[:side, :side] + 0.5) * PIXEL_UM
    blue = np.full((side, side), 0.02, np.float32)
    for cy, cx, ry, rx, level in ellipses:
        blue[np.hypot((y - cy) / ry, (x - cx) / rx) <= 1] = level
    return blue + np.random.default_rng(5).normal(0, 0.01, blue.shape).astype(np.float32)


def test_touching_nuclei_are_parted_at_their_neck() -> None:
    nuclei = find_nuclei(_paint([(30, 24, 6.2, 6.2, 0.5), (30, 35.5, 6.2, 6.2, 0.5)]), PIXEL_UM)
    assert nuclei.max() == 2
    middle = round(30 / PIXEL_UM)
    assert nuclei[middle, round(24 / PIXEL_UM)] != nuclei[middle, round(35.5 / PIXEL_UM)]


@pytest.mark.parametrize("length", [6.0, 10.0, 14.0])
def test_a_long_nucleus_stays_whole(length: float) -> None:
    assert find_nuclei(_paint([(30, 30, 5, length, 0.5)]), PIXEL_UM).max() == 1


def test_a_dim_nucleus_is_found_beside_a_bright_one_and_both_have_their_size() -> None:
    nuclei = find_nuclei(_paint([(15, 15, 6, 6, 0.9), (42, 42, 6, 6, 0.15)]), PIXEL_UM)
    area_um2 = np.bincount(nuclei.ravel())[1:] * PIXEL_UM**2
    assert np.allclose(area_um2, np.pi * 36, rtol=0.12)


def test_a_metaphase_plate_is_a_nucleus_and_debris_is_none() -> None:
    nuclei = find_nuclei(_paint([(20, 20, 2, 6.5, 0.9), (45, 45, 2, 2, 0.9), (45, 15, 6, 6, 0.4)]), PIXEL_UM)
    assert nuclei.max() == 2
    assert nuclei[round(20 / PIXEL_UM), round(20 / PIXEL_UM)] > 0
    assert nuclei[round(45 / PIXEL_UM), round(45 / PIXEL_UM)] == 0


def test_what_the_border_cuts_is_kept_to_the_border() -> None:
    nuclei = find_nuclei(_paint([(0, 30, 6, 6, 0.5), (30, 60, 6, 6, 0.5), (30, 30, 6, 6, 0.5)]), PIXEL_UM)
    assert nuclei.max() == 3
    assert nuclei[0, round(30 / PIXEL_UM)] > 0
    assert nuclei[round(30 / PIXEL_UM), -1] > 0


def test_a_dark_nucleolus_leaves_no_hole() -> None:
    blue = _paint([(30, 30, 8, 8, 0.5), (30, 30, 2.5, 2.5, 0.02)])
    nuclei = find_nuclei(blue, PIXEL_UM)
    assert nuclei[round(30 / PIXEL_UM), round(30 / PIXEL_UM)] == 1


def test_noise_holds_no_nucleus() -> None:
    assert find_nuclei(_paint([]), PIXEL_UM).max() == 0

import numpy as np
import pytest

from data.segmenter_training.augmentation import AugmentationSettings, augment_crop
from data.segmenter_training.fading import FadingSettings
from data.segmenter_training.halo import HaloSettings
from data.segmenter_training.stains import BRIGHTEST

STILL = AugmentationSettings(
    gain=0, gamma=0, haze=0, blur_px=0, noise=0, uneven_cells=0, gradient=0, debris=0,
    missing_er=0, missing_microtubules=0,
)  # fmt: skip


def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    cells = np.zeros((48, 48), np.int32)
    cells[8:40, 8:24] = 1
    cells[8:40, 24:40] = 2
    nuclei = np.zeros_like(cells)
    nuclei[18:30, 11:19] = 1
    nuclei[18:30, 29:37] = 2
    return random.random((3, 48, 48), dtype=np.float32), nuclei, cells


def test_equal_states_give_equal_images_in_range() -> None:
    stains, nuclei, cells = scene()
    first = augment_crop(stains, nuclei, cells, AugmentationSettings(), np.random.default_rng(7))
    again = augment_crop(stains, nuclei, cells, AugmentationSettings(), np.random.default_rng(7))
    other = augment_crop(stains, nuclei, cells, AugmentationSettings(), np.random.default_rng(8))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.dtype == np.float32
    assert 0 <= first.min() <= first.max() <= np.float32(BRIGHTEST)


def test_the_stains_themselves_stay_as_they_are() -> None:
    stains, nuclei, cells = scene()
    before = stains.copy()
    for seed in range(5):
        augment_crop(stains, nuclei, cells, AugmentationSettings(), np.random.default_rng(seed))
    assert np.array_equal(stains, before)


@pytest.mark.parametrize(("name", "plane"), [("missing_er", 1), ("missing_microtubules", 0)])
def test_a_stain_can_be_missing(name: str, plane: int) -> None:
    stains, nuclei, cells = scene()
    settings = STILL.model_copy(update={name: 1.0})
    changed = augment_crop(stains, nuclei, cells, settings, np.random.default_rng(1))
    assert not changed[plane].any()
    assert all(changed[other].any() for other in range(3) if other != plane)


def test_stains_are_not_mixed() -> None:
    stains, nuclei, cells = scene()
    stains[1] = 0
    settings = AugmentationSettings(haze=0, noise=0, debris=0, missing_er=0, missing_microtubules=0)
    for seed in range(10):
        changed = augment_crop(stains, nuclei, cells, settings, np.random.default_rng(seed))
        assert not changed[1].any()
        assert changed[0].any()


def test_cells_get_a_brightness_of_their_own() -> None:
    stains, nuclei, cells = scene()
    stains[:] = 0.5
    settings = STILL.model_copy(update={"uneven_cells": 0.5})
    ratios = []
    for seed in range(12):
        changed = augment_crop(stains, nuclei, cells, settings, np.random.default_rng(seed))
        ratios.append(float(changed[0, 20:28, 12:18].mean() / changed[0, 20:28, 30:36].mean()))
    assert max(ratios) > 1.2
    assert min(ratios) < 0.85


@pytest.mark.parametrize(
    "changed", [{"fading": FadingSettings(part=1)}, {"halo": HaloSettings(part=1)}], ids=["fading", "halo"]
)
def test_fading_and_halo_are_applied_where_they_are_asked_for(changed: dict[str, object]) -> None:
    stains, nuclei, cells = scene()
    plain = augment_crop(stains, nuclei, cells, STILL, np.random.default_rng(1))
    other = augment_crop(stains, nuclei, cells, STILL.model_copy(update=changed), np.random.default_rng(1))
    assert np.abs(other - plain).max() > 0.05

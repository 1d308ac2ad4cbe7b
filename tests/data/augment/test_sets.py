import numpy as np
import pytest

from data.augment.alsubait2022 import Alsubait2022Augmentation
from data.augment.augmentation import Augmentation, AugmentSettings
from data.augment.channel_contrast import ChannelContrast
from data.augment.channel_gains import ChannelGains
from data.augment.hpacells import HpacellsAugmentation
from data.augment.madeira2019 import Madeira2019Augmentation
from data.augment.rotate_mirror import RotateMirrorAugmentation

STILL = HpacellsAugmentation(rotate=False, scale=1, shift=0, gain=0, contrast=0, blur_sigma=0, noise=0)
NOTHING_2022 = Alsubait2022Augmentation(crop=0, flip=0, transpose=0, cutout=0, hue=0)


def symmetries(tile: np.ndarray) -> list[bytes]:
    """The eight views of a tile."""
    views = [np.rot90(view, turns) for view in (tile, tile[:, ::-1]) for turns in range(4)]
    return [np.ascontiguousarray(view).tobytes() for view in views]


def change(settings: AugmentSettings, tile: np.ndarray, times: int) -> list[np.ndarray]:
    augmentation = Augmentation(settings)
    return [augmentation(tile, seed) for seed in range(times)]


def test_hpacells_without_changes_leaves_the_symmetries_of_the_square(tile: np.ndarray) -> None:
    assert {view.tobytes() for view in change(STILL, tile, 100)} == set(symmetries(tile))


def test_hpacells_gives_channels_gains_of_their_own() -> None:
    tile = np.full((16, 16, 4), 100, np.uint8)
    changed = change(STILL.model_copy(update={"gain": 0.3}), tile, 100)
    gains = np.array([view[0, 0] / 100 for view in changed])
    assert gains.min() >= 0.69
    assert gains.max() <= 1.31
    assert np.ptp(gains, axis=1).max() > 0.2


def test_alsubait2022_flips_and_transposes(tile: np.ndarray) -> None:
    settings = NOTHING_2022.model_copy(update={"flip": 0.5, "transpose": 0.5})
    assert {view.tobytes() for view in change(settings, tile, 100)} == set(symmetries(tile))


def test_alsubait2022_crops_at_least_the_smallest_size() -> None:
    """Rows count up from 0, so the crop's height is the range of grey values."""
    tile = np.broadcast_to(np.arange(0, 200, 2, dtype=np.uint8)[:, None, None], (100, 100, 2)).copy()
    settings = NOTHING_2022.model_copy(update={"crop": 1.0, "least_crop": 0.6})
    sides = [np.ptp(view) / 2 for view in change(settings, tile, 100)]
    assert 58 <= min(sides) <= 66
    assert 92 <= max(sides) <= 100


def test_alsubait2022_cuts_out_the_same_place_in_all_planes() -> None:
    tile = np.full((64, 64, 4), 255, np.uint8)
    settings = NOTHING_2022.model_copy(update={"cutout": 1.0, "holes": 3, "largest_hole": 0.25})
    augmentation = Augmentation(settings, masks=(3,))
    parts = []
    for seed in range(50):
        changed = augmentation(tile, seed)
        np.testing.assert_array_equal(changed, changed[..., :1].repeat(4, axis=2))
        parts.append((changed[..., 0] == 0).mean())
    assert min(parts) > 0
    assert max(parts) <= 3 * 0.25**2


def test_channel_gains_keep_the_total_brightness() -> None:
    tile = np.full((8, 8, 4), 120, np.uint8)
    changed = change(NOTHING_2022.model_copy(update={"hue": 1.0, "gain": 0.4}), tile, 60)
    gains = np.array([view[0, 0] / 120 for view in changed])
    np.testing.assert_allclose(gains.mean(axis=1), 1, atol=0.01)
    assert np.ptp(gains, axis=1).max() > 0.4
    assert gains.min() >= 0.2
    assert gains.max() <= 1.8


def test_channel_gains_multiply() -> None:
    tile = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    gains = np.array([0.5, 1.0, 1.5])
    expected = np.minimum(np.floor(tile * gains + 0.5), 255)
    np.testing.assert_array_equal(ChannelGains(0.5, p=1).apply(tile, gains), expected)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_channel_contrast_is_around_each_mean(factor: float) -> None:
    tile = np.random.default_rng(0).integers(60, 180, (9, 7, 3), dtype=np.uint8)
    means = tile.mean(axis=(0, 1))
    expected = np.clip((tile - means) * factor + means, 0, 255)
    changed = ChannelContrast(0.5, 1.5, p=1).apply(tile, factor)
    np.testing.assert_allclose(changed, expected, atol=0.51)


def test_madeira2019_makes_one_change_a_tile() -> None:
    """Of a tile of two halves, the seven changes are told apart by what they leave alone."""
    tile = np.full((40, 40, 3), 60, np.uint8)
    tile[:, 20:] = 180
    changed = change(Madeira2019Augmentation(), tile, 700)
    same = sum(np.array_equal(view, tile) for view in changed)
    mirrored = sum(np.array_equal(view, tile[:, ::-1]) for view in changed)
    noisy = sum(len(np.unique(view)) > 8 and np.ptp(view[5:-5, 2:6]) > 0 for view in changed)
    black = sum((view == 0).any() and len(np.unique(view)) > 2 for view in changed)
    scaled = sum(len(np.unique(view[..., 0])) == 2 and not np.array_equal(view, tile) for view in changed)
    assert same / 700 == pytest.approx((0.5 + 0.5) / 7, abs=0.06)
    assert mirrored / 700 == pytest.approx(0.5 / 7, abs=0.04)
    assert noisy / 700 == pytest.approx(1.5 / 7, abs=0.09)
    assert black / 700 == pytest.approx(1 / 7, abs=0.06)
    assert scaled / 700 > 2 / 7


def test_rotate_mirror_turns_without_change_of_size() -> None:
    """A disc around the middle stays; half of it is brighter, and points where it was turned to."""
    y, x = np.mgrid[-31.5:32, -31.5:32]
    disc = np.hypot(x, y) < 25
    tile = np.where(disc, 100 + 100 * (x > 0), 0).astype(np.uint8)[..., None]
    angles = []
    for view in change(RotateMirrorAugmentation(), tile, 80):
        np.testing.assert_allclose((view[..., 0] > 50).sum(), disc.sum(), rtol=0.03)
        bright = view[..., 0] > 150
        angles.append(np.degrees(np.arctan2(y[bright].mean(), x[bright].mean())))
    assert np.histogram(angles, 4, (-180, 180))[0].min() >= 8


def test_rotate_mirror_within_the_angle() -> None:
    tile = np.zeros((64, 64, 1), np.uint8)
    tile[:, 40:] = 200
    for view in change(RotateMirrorAugmentation(angle=10, mirror=0), tile, 30):
        assert view[20:44, 50].all()
        assert not view[20:44, 20].any()

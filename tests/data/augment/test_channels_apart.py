import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from data.augment.alsubait2022 import Alsubait2022Augmentation
from data.augment.augmentation import Augmentation, AugmentSettings
from data.augment.hpacells import HpacellsAugmentation
from data.augment.madeira2019 import Madeira2019Augmentation
from data.augment.rotate_mirror import RotateMirrorAugmentation
from data.augment.unchanged import NoAugmentation

SETS = [
    HpacellsAugmentation(gain=0.3, contrast=0.3, blur_sigma=2.0, noise=0.1),
    Alsubait2022Augmentation(),
    Madeira2019Augmentation(),
    RotateMirrorAugmentation(),
    NoAugmentation(),
]
WITHOUT_NOISE = [HpacellsAugmentation(noise=0.0), Madeira2019Augmentation(noise=1e-6), *SETS[1:2], *SETS[3:]]

every_set = pytest.mark.parametrize("settings", SETS, ids=lambda settings: settings.kind)


@every_set
@given(seed=st.integers(0, 2**32 - 1), channel=st.integers(0, 3), other=st.integers(0, 255))
@examples(max_examples=40, deadline=None)
def test_a_changed_channel_changes_no_other(
    settings: AugmentSettings, seed: int, channel: int, other: int
) -> None:
    tile = np.random.default_rng(seed).integers(0, 256, (24, 24, 4), dtype=np.uint8)
    changed = tile.copy()
    changed[..., channel] = other
    augmentation = Augmentation(settings)
    kept = np.arange(4) != channel
    np.testing.assert_array_equal(augmentation(tile, seed)[..., kept], augmentation(changed, seed)[..., kept])


@pytest.mark.parametrize("settings", WITHOUT_NOISE, ids=lambda settings: settings.kind)
@given(seed=st.integers(0, 2**32 - 1), channel=st.integers(0, 3))
@examples(max_examples=40, deadline=None)
def test_an_empty_channel_stays_empty(settings: AugmentSettings, seed: int, channel: int) -> None:
    tile = np.random.default_rng(seed).integers(1, 256, (24, 24, 4), dtype=np.uint8)
    tile[..., channel] = 0
    filled = Augmentation(settings)(tile, seed).any(axis=(0, 1))
    np.testing.assert_array_equal(filled, np.arange(4) != channel)


@pytest.mark.parametrize("settings", SETS[:3], ids=lambda settings: settings.kind)
def test_channels_are_never_exchanged(settings: AugmentSettings) -> None:
    """Grey values 20, 60, 120 and 240 stay nearest to what they were."""
    augmentation = Augmentation(settings)
    tile = np.broadcast_to(np.array([10, 30, 90, 250], np.uint8), (48, 48, 4)).copy()
    for seed in range(100):
        middle = np.median(augmentation(tile, seed)[16:32, 16:32].reshape(-1, 4), axis=0)
        assert (np.diff(middle) > 0).all() or not middle.any()


@every_set
@given(
    seed=st.integers(0, 2**32 - 1), places=st.sampled_from([(4, 5), (0,), (3,), (1, 2), (0, 1, 2, 3, 4, 5)])
)
@examples(max_examples=30, deadline=None)
def test_masks_go_along_and_keep_their_values(
    settings: AugmentSettings, seed: int, places: tuple[int, ...]
) -> None:
    """A mask that is also given as a stain of a single grey value covers what the stain covers."""
    y, x = np.mgrid[:32, :32]
    disc = ((y - 13) ** 2 + (x - 19) ** 2 < 60).astype(np.uint8) * 255
    tile = np.repeat(disc[..., None], 6, axis=2)
    changed = Augmentation(settings, masks=places)(tile, seed)
    assert changed.shape == tile.shape
    masks = changed[..., list(places)]
    assert set(np.unique(masks)) <= {0, 255}
    np.testing.assert_array_equal(masks, masks[..., :1].repeat(len(places), axis=2))
    stains = np.delete(changed, places, axis=2)
    if stains.shape[2] and settings.kind in ("rotate-mirror", "none"):
        apart = (stains[..., 0] > 127) != (masks[..., 0] > 127)
        assert apart.mean() < 0.05


@every_set
def test_masks_change_nothing_in_the_stains(settings: AugmentSettings, tile: np.ndarray) -> None:
    mask = np.full((48, 48, 1), 255, np.uint8)
    with_mask = np.concatenate([tile, mask], axis=2)
    alone, together = Augmentation(settings), Augmentation(settings, masks=(4,))
    for seed in range(30):
        np.testing.assert_array_equal(together(with_mask, seed)[..., :4], alone(tile, seed))

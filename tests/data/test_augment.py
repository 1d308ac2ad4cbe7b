import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from data.augment import Augmentation, AugmentSettings, augment_tiles

STRONG = AugmentSettings(gain=0.3, contrast=0.3, blur_sigma=2.0, noise=0.1)


@pytest.fixture
def tile() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (48, 48, 4), dtype=np.uint8)


def test_shape_and_type_stay(tile: np.ndarray) -> None:
    augmentation = Augmentation(STRONG)
    for seed in range(20):
        changed = augmentation(tile, seed)
        assert (changed.shape, changed.dtype) == (tile.shape, np.uint8)
        assert changed.flags.c_contiguous


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_number_of_channels(channels: int) -> None:
    tile = np.full((32, 32, channels), 128, np.uint8)
    assert Augmentation(STRONG)(tile, 3).shape == (32, 32, channels)


def test_the_seed_decides(tile: np.ndarray) -> None:
    first, second = Augmentation(STRONG), Augmentation(STRONG)
    _ = [second(tile, seed) for seed in range(7)]
    results = [first(tile, seed) for seed in range(12)]
    for seed, result in enumerate(results):
        np.testing.assert_array_equal(second(tile, seed), result)
    assert len({result.tobytes() for result in results}) >= 10


def test_threads_give_what_one_thread_gives(tile: np.ndarray) -> None:
    augmentation = Augmentation(STRONG)
    serial = [augmentation(tile, seed) for seed in range(200)]
    with ThreadPoolExecutor(8) as executor:
        threaded = list(executor.map(lambda seed: augmentation(tile, seed), range(200)))
    for one, other in zip(serial, threaded, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("channel", range(4))
def test_an_empty_channel_takes_nothing_from_the_others(tile: np.ndarray, channel: int) -> None:
    augmentation = Augmentation(STRONG.model_copy(update={"noise": 0.0}))
    tile = np.maximum(tile, 1)
    tile[..., channel] = 0
    for seed in range(60):
        filled = augmentation(tile, seed).any(axis=(0, 1))
        np.testing.assert_array_equal(filled, np.arange(4) != channel)


def test_channels_are_never_exchanged() -> None:
    """Grey values 20, 60, 120 and 240 stay in this order under every change but those of place."""
    augmentation = Augmentation(AugmentSettings(gain=0.2, contrast=0.1, noise=0.02))
    tile = np.broadcast_to(np.array([20, 60, 120, 240], np.uint8), (48, 48, 4)).copy()
    for seed in range(200):
        middle = augmentation(tile, seed)[20:28, 20:28].reshape(-1, 4).mean(axis=0)
        assert (np.diff(middle) > 0).all()


def test_channels_get_gains_of_their_own() -> None:
    settings = AugmentSettings(rotate=False, scale=1, shift=0, gain=0.3, contrast=0, blur_sigma=0, noise=0)
    tile = np.full((16, 16, 4), 100, np.uint8)
    gains = np.array([Augmentation(settings)(tile, seed)[0, 0] / 100 for seed in range(100)])
    assert gains.min() >= 0.69
    assert gains.max() <= 1.31
    assert np.ptp(gains, axis=1).max() > 0.2


def test_without_changes_only_the_symmetries_of_the_square_are_left(tile: np.ndarray) -> None:
    settings = AugmentSettings(rotate=False, scale=1, shift=0, gain=0, contrast=0, blur_sigma=0, noise=0)
    views = [np.rot90(view, turns) for view in (tile, tile[:, ::-1]) for turns in range(4)]
    symmetries = {np.ascontiguousarray(view).tobytes() for view in views}
    seen = {Augmentation(settings)(tile, seed).tobytes() for seed in range(100)}
    assert seen == symmetries


def test_probability_zero_changes_nothing(tile: np.ndarray) -> None:
    augmentation = Augmentation(STRONG.model_copy(update={"probability": 0.0}))
    np.testing.assert_array_equal(augmentation(tile, 1), tile)


def test_each_tile_is_changed_by_its_own_seed(tile: np.ndarray) -> None:
    augmentation = Augmentation(STRONG)
    tiles = np.stack([tile, tile, tile])
    changed = augment_tiles(tiles, [4, 9, 4], augmentation)
    np.testing.assert_array_equal(changed[0], augmentation(tile, 4))
    np.testing.assert_array_equal(changed[1], augmentation(tile, 9))
    np.testing.assert_array_equal(changed[2], changed[0])


@pytest.mark.slow
def test_the_network_is_not_asked() -> None:
    program = """
import socket
asked = []
def refuse(*arguments, **options):
    asked.append(arguments)
    raise OSError
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import data.augment
print(len(asked))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0"]

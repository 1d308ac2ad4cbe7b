import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from data.augment.alsubait2022 import Alsubait2022Augmentation
from data.augment.augmentation import Augmentation, AugmentSettings, augment_tiles
from data.augment.hpacells import HpacellsAugmentation
from data.augment.madeira2019 import Madeira2019Augmentation
from data.augment.rotate_mirror import RotateMirrorAugmentation
from data.augment.unchanged import NoAugmentation

SETTINGS = TypeAdapter[AugmentSettings](AugmentSettings)
SETS = {
    "hpacells": HpacellsAugmentation(gain=0.3, contrast=0.3, blur_sigma=2.0, noise=0.1),
    "alsubait2022": Alsubait2022Augmentation(),
    "madeira2019": Madeira2019Augmentation(),
    "rotate-mirror": RotateMirrorAugmentation(),
    "none": NoAugmentation(),
}
CHANGING = [settings for kind, settings in SETS.items() if kind != "none"]

every_set = pytest.mark.parametrize("settings", SETS.values(), ids=SETS)
every_changing_set = pytest.mark.parametrize("settings", CHANGING, ids=lambda settings: settings.kind)


@pytest.mark.parametrize("kind", SETS)
def test_a_set_is_chosen_by_its_kind(kind: str) -> None:
    assert type(SETTINGS.validate_python({"kind": kind})) is type(SETS[kind])


def test_the_default_set() -> None:
    assert SETTINGS.validate_python({"gain": 0.1}) == HpacellsAugmentation(gain=0.1)


@pytest.mark.parametrize(
    "given", [{"kind": "none", "gain": 0.1}, {"kind": "madeira2019", "rotate": True}, {"kind": "x"}]
)
def test_a_setting_that_nothing_reads_is_an_error(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SETTINGS.validate_python(given)


@every_set
@pytest.mark.parametrize("channels", [1, 3, 4, 6])
def test_shape_and_type_stay(settings: AugmentSettings, channels: int) -> None:
    tile = np.random.default_rng(1).integers(0, 256, (33, 33, channels), dtype=np.uint8)
    augmentation = Augmentation(settings)
    for seed in range(25):
        changed = augmentation(tile, seed)
        assert (changed.shape, changed.dtype) == (tile.shape, np.uint8)
        assert changed.flags.c_contiguous


@every_changing_set
def test_the_seed_decides(settings: AugmentSettings, tile: np.ndarray) -> None:
    first, second = Augmentation(settings), Augmentation(settings)
    _ = [second(tile, seed) for seed in range(7)]
    results = [first(tile, seed) for seed in range(20)]
    for seed, result in enumerate(results):
        np.testing.assert_array_equal(second(tile, seed), result)
    assert len({result.tobytes() for result in results}) >= 12


@every_changing_set
def test_threads_give_what_one_thread_gives(settings: AugmentSettings, tile: np.ndarray) -> None:
    augmentation = Augmentation(settings)
    serial = [augmentation(tile, seed) for seed in range(60)]
    with ThreadPoolExecutor(8) as executor:
        threaded = list(executor.map(lambda seed: augmentation(tile, seed), range(60)))
    for one, other in zip(serial, threaded, strict=True):
        np.testing.assert_array_equal(one, other)


@every_changing_set
def test_no_change_with_probability_zero(settings: AugmentSettings, tile: np.ndarray) -> None:
    augmentation = Augmentation(settings.model_copy(update={"probability": 0.0}))
    np.testing.assert_array_equal(augmentation(tile, 1), tile)


def test_none_changes_nothing(tile: np.ndarray) -> None:
    np.testing.assert_array_equal(Augmentation(NoAugmentation())(tile, 3), tile)


def test_each_tile_is_changed_by_its_own_seed(tile: np.ndarray) -> None:
    augmentation = Augmentation(SETS["hpacells"])
    tiles = np.stack([tile, tile, tile])
    changed = augment_tiles(tiles, [4, 9, 4], augmentation)
    np.testing.assert_array_equal(changed[0], augmentation(tile, 4))
    np.testing.assert_array_equal(changed[1], augmentation(tile, 9))
    np.testing.assert_array_equal(changed[2], changed[0])


def test_tiles_of_several_sizes(tile: np.ndarray) -> None:
    augmentation = Augmentation(Alsubait2022Augmentation(crop=1.0))
    for size in (48, 16, 32, 48):
        assert augmentation(tile[:size, :size], 2).shape == (size, size, 4)


def test_changes_are_drawn_apart_from_each_other() -> None:
    """Noise, made in a fifth of the tiles, is as frequent with a change of contrast as without one."""
    settings = HpacellsAugmentation(rotate=False, scale=1, shift=0, gain=0, blur_sigma=0)
    augmentation = Augmentation(settings)
    tile = np.full((16, 16, 1), 100, np.uint8)
    seen: Counter[tuple[bool, bool]] = Counter()
    for seed in range(1500):
        changed = augmentation(tile, seed)
        seen[bool(abs(np.median(changed) - 100) > 1), bool(np.ptp(changed) > 0)] += 1
    for contrast in (False, True):
        together = seen[contrast, True] / (seen[contrast, True] + seen[contrast, False])
        assert together == pytest.approx(0.18, abs=0.05)


@pytest.mark.slow
def test_the_network_is_not_asked() -> None:
    program = """
import socket
asked = []
def refuse(*arguments, **options):
    asked.append(arguments)
    raise OSError
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import data.augment.augmentation
print(len(asked))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0"]

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from data.export.ngff.pyramid import average_plane, count_levels, offset_of, pick_labels, scale_of

SHAPES = [(64, 64), (61, 97), (300, 17), (1, 9), (129, 130)]


@pytest.mark.parametrize(
    ("height", "width", "levels"),
    [(1, 1, 1), (2, 1, 2), (40, 40, 2), (128, 100, 2), (257, 256, 3), (2048, 2048, 5), (3072, 1000, 6)],
)
def test_levels_end_at_128_px_and_are_two_at_least(height: int, width: int, levels: int) -> None:
    assert count_levels(height, width) == levels


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_images_are_means_of_whole_blocks(shape: tuple[int, int], dtype: type) -> None:
    plane = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    found = list(average_plane(plane, 4))
    np.testing.assert_array_equal(found[0], plane)
    for level, values in enumerate(found):
        side = 2**level
        assert values.dtype == dtype
        for y in range(values.shape[0]):
            for x in range(values.shape[1]):
                block = plane[y * side : (y + 1) * side, x * side : (x + 1) * side].astype(int)
                assert values[y, x] == (2 * block.sum() + block.size) // (2 * block.size)


@pytest.mark.parametrize("shape", SHAPES)
def test_labels_are_those_in_the_middle_of_each_block(shape: tuple[int, int]) -> None:
    labels = np.random.default_rng(1).integers(0, 4, shape).astype(np.uint16)
    labels[labels == 3] = 60_000
    for level in range(1, 4):
        found, side = pick_labels(labels, level), 2**level
        assert (found.shape, found.dtype) == ((-(-shape[0] // side), -(-shape[1] // side)), np.uint16)
        for y in range(found.shape[0]):
            for x in range(found.shape[1]):
                four = [
                    labels[min(y * side + side // 2 + down, shape[0] - 1)][
                        min(x * side + side // 2 + right, shape[1] - 1)
                    ]
                    for down in (-1, 0)
                    for right in (-1, 0)
                ]
                counts = Counter(map(int, four))
                most = {label for label, count in counts.items() if count == max(counts.values())}
                assert int(found[y, x]) in most
                assert found[y, x] > 0 or most == {0}
    np.testing.assert_array_equal(pick_labels(labels, 0), labels)


def centre(mask: NDArray[np.bool_], level: int) -> NDArray[np.float64]:
    """Return the middle of a mask in px of the image, by what the transform of its level says."""
    return np.argwhere(mask).mean(axis=0) * scale_of(level) + offset_of(level)


def test_cells_do_not_drift() -> None:
    # Discs at every place within the blocks of the third level: what is left on average is drift.
    y, x = np.mgrid[:97, :101]
    shifts = []
    for down in range(8):
        for right in range(8):
            labels = (np.hypot(y - 40 - down, x - 50 - right) < 20.3).astype(np.uint16)
            for level in range(1, 4):
                shift = centre(pick_labels(labels, level) > 0, level) - (40 + down, 50 + right)
                assert (np.abs(shift) < scale_of(level) / 2).all()
                shifts.append(shift)
    assert (np.abs(np.mean(shifts, axis=0)) < 1e-9).all()


def test_cells_that_touch_do_not_drift() -> None:
    # Those in the middle: at the border a pixel covers less than its block. The same of the four pixels every
    # time would shift them by half a pixel.
    size, beside = 24, 12
    y, x = np.mgrid[: beside * size, : beside * size]
    labels = (y // size * beside + x // size + 1).astype(np.uint16)
    inner = labels[size:-size:size, size:-size:size].ravel().tolist()
    for level in range(1, 4):
        shifts = []
        for pad in range(8):
            small = pick_labels(np.pad(labels, ((pad, 0), (7 - pad, 0))), level)
            for number in inner:
                where = np.argwhere(labels == number).mean(axis=0) + np.array([pad, 7 - pad])
                shifts.append(centre(small == number, level) - where)
        assert (np.abs(np.mean(shifts, axis=0)) < 0.25).all()


def test_images_and_labels_of_a_level_lie_on_one_another() -> None:
    y, x = np.mgrid[:201, :333]
    labels = (np.hypot(y - 99.4, (x - 150.2) / 1.5) < 70).astype(np.uint16)
    plane = (labels * 200).astype(np.uint8)
    for level, values in enumerate(average_plane(plane, 4)):
        bright, drawn = values >= 100, pick_labels(labels, level) > 0
        assert (bright != drawn).mean() < 0.01
        assert np.abs(centre(bright, level) - centre(drawn, level)).max() < scale_of(level) / 16

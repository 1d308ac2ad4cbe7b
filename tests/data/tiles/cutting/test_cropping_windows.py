"""Windows of fixed size around cells, beside the plain way to cut them."""

import cv2
import numpy as np
import pytest
from scipy.ndimage import grey_dilation

from data.tiles.cutting.cropping import crop_boxes

SHAPE = (700, 1000)


def draw_field(seed: int, shape: tuple[int, int] = SHAPE) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return image, nuclei and cells of a field: a cell in the middle, one in a corner, and a neighbour."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (4, *shape), dtype=np.uint8)
    cells = np.zeros(shape, np.uint16)
    height, width = shape
    cv2.ellipse(cells, (width // 2, height // 2), (160, 101), 30, 0, 360, 1, -1)
    cells[: height // 5, : width // 4] = 2
    cells[height // 2 :, width // 2 + 150 : width // 2 + 350][
        cells[height // 2 :, width // 2 + 150 : width // 2 + 350] == 0
    ] = 3
    nuclei = cells * random.integers(0, 2, (height // 10, width // 10)).repeat(10, 0).repeat(10, 1)
    return image, nuclei.astype(np.uint16), cells


def boxes_of(cells: np.ndarray) -> np.ndarray:
    places = [np.nonzero(cells == number) for number in range(1, int(cells.max()) + 1)]
    return np.array([(y.min(), x.min(), y.max() + 1, x.max() + 1) for y, x in places])


def plain_window(plane: np.ndarray, box: np.ndarray, side: int) -> np.ndarray:
    """Pad the whole plane by the window and slice it out, as the published cropping does in effect."""
    padded = np.pad(plane, side)
    top = (box[0] + box[2]) // 2 - side // 2 + side
    left = (box[1] + box[3]) // 2 - side // 2 + side
    return padded[top : top + side, left : left + side]


def average_by_two(window: np.ndarray) -> np.ndarray:
    sums = window.astype(int).reshape(len(window) // 2, 2, -1, 2).sum(axis=(1, 3))
    return ((sums + 2) // 4).astype(np.uint8)


@pytest.mark.parametrize("keep_neighbours", [False, True])
def test_subcell_tiles_are_windows_of_896_px_averaged_by_two(keep_neighbours: bool) -> None:
    image, nuclei, cells = draw_field(1)
    boxes = boxes_of(cells)
    cut = crop_boxes(
        image, nuclei, cells, np.arange(1, 4), boxes, preset="subcell", keep_neighbours=keep_neighbours
    )
    assert cut.tiles.shape == (3, 4, 448, 448)
    for row, (number, box) in enumerate(zip((1, 2, 3), boxes, strict=True)):
        mask = plain_window(cells, box, 896) == number
        # As published: 7 x 7 px around each pixel of the mask.
        visible = True if keep_neighbours else grey_dilation(mask.astype(np.uint8), size=7) > 0
        for channel in range(4):
            window = plain_window(image[channel], box, 896)
            np.testing.assert_array_equal(
                cut.tiles[row, channel], average_by_two(np.where(visible, window, 0))
            )
        for found, labels in ((cut.cell_masks, cells), (cut.nucleus_masks, nuclei)):
            shares = average_by_two((plain_window(labels, box, 896) == number) * np.uint8(255))
            np.testing.assert_array_equal(found[row], shares > 127)
        inside = image[:, cells == number].mean(axis=1) / 255
        assert cut.mean_intensities[row] == pytest.approx(inside, abs=1e-5)


@pytest.mark.parametrize(
    ("preset", "pixel_size_um", "side"), [("subcell", 0.16, 448), ("subcell-640", 0.08, 640)]
)
def test_a_window_of_the_size_of_the_tile_is_not_resized(preset, pixel_size_um, side) -> None:
    image, nuclei, cells = draw_field(2)
    boxes = boxes_of(cells)
    cut = crop_boxes(
        image,
        nuclei,
        cells,
        np.arange(1, 4),
        boxes,
        preset=preset,
        pixel_size_um=pixel_size_um,
        keep_neighbours=True,
    )
    for row, box in enumerate(boxes):
        np.testing.assert_array_equal(cut.tiles[row, 1], plain_window(image[1], box, side))
        np.testing.assert_array_equal(cut.cell_masks[row], plain_window(cells, box, side) == row + 1)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
def test_the_same_cell_at_another_pixel_size_gives_nearly_the_same_tile(factor: float) -> None:
    y, x = np.mgrid[:1200, :1200] / 1200
    plane = (127 + 60 * np.sin(23 * y) + 60 * np.cos(31 * x)).astype(np.uint8)
    cells = np.zeros(plane.shape, np.uint16)
    cells[400:700, 300:800] = 1
    one = _cut(plane, cells, 0.08)
    side = round(1200 * factor)
    other = _cut(
        cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA),
        cv2.resize(cells, (side, side), interpolation=cv2.INTER_NEAREST),
        0.08 / factor,
    )
    both = one.cell_masks[0] & other.cell_masks[0]
    assert both.sum() == pytest.approx(one.cell_masks.sum(), rel=0.02)
    assert one.cell_masks.sum() == pytest.approx(150 * 250, rel=0.02)
    differences = np.abs(one.tiles[0, 0].astype(int) - other.tiles[0, 0])[both]
    assert np.percentile(differences, 95) <= 3


def test_masks_of_others_are_not_widened_again() -> None:
    image, nuclei, cells = draw_field(3)
    cut = crop_boxes(
        image, nuclei, cells, np.array([1]), boxes_of(cells)[:1], preset="subcell-640", widen_masks=False
    )
    assert not cut.tiles[0][:, ~cut.cell_masks[0]].any()


def test_a_window_that_is_larger_than_the_field() -> None:
    image, nuclei, cells = draw_field(4, (300, 900))
    cut = crop_boxes(
        image, nuclei, cells, np.array([1]), boxes_of(cells)[:1], preset="subcell", keep_neighbours=True
    )
    rows = np.flatnonzero(cut.tiles[0].any(axis=(0, 2)))
    assert (rows.min(), rows.max() + 1) == (149, 299)


def _cut(plane: np.ndarray, cells: np.ndarray, pixel_size_um: float):
    image = np.stack([plane] * 4)
    return crop_boxes(
        image, cells, cells, np.array([1]), boxes_of(cells), preset="subcell", pixel_size_um=pixel_size_um
    )

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.tiles.cell_tiles import TILE_SIZE
from data.tiles.cutting.cropping import crop_boxes


def plain_cut(image, cells, cell_id, *, keep_neighbours=False) -> np.ndarray:
    """Cut one cell the slow way: copies of the whole image, padded all around."""
    height, width = cells.shape
    masked = image if keep_neighbours else np.where(cells == cell_id, image, 0)
    rows, columns = np.nonzero(cells == cell_id)
    y0, y1, x0, x1 = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    side = max(y1 - y0, x1 - x0)
    halvings = 0
    while side > 2 * TILE_SIZE * 2**halvings:
        halvings += 1
    side += -side % 2**halvings
    padded = np.pad(masked, ((0, 0), (height + width,) * 2, (height + width,) * 2))
    top = y0 - (side - (y1 - y0)) // 2 + height + width
    left = x0 - (side - (x1 - x0)) // 2 + height + width
    square = np.ascontiguousarray(padded[:, top : top + side, left : left + side])
    for _ in range(halvings):
        square = np.floor(square.reshape(4, len(square[0]) // 2, 2, -1, 2).mean(axis=(2, 4)) + 0.5).astype(
            np.uint8
        )
    return np.stack([cv2.resize(plane, (TILE_SIZE, TILE_SIZE)) for plane in square])


def boxes_of(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ids = np.unique(cells[cells > 0])
    boxes = []
    for cell_id in ids:
        rows, columns = np.nonzero(cells == cell_id)
        boxes.append((rows.min(), columns.min(), rows.max() + 1, columns.max() + 1))
    return ids, np.array(boxes).reshape(-1, 4)


@given(
    st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([(40, 60), (300, 700), (512, 90), (1100, 400)])
)
def test_equals_whole_image_copies(seed: int, keep_neighbours: bool, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (4, *shape), dtype=np.uint8)
    cells = np.zeros(shape, np.uint16)
    for number in (1, 2):
        y, x = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        axes = tuple(int(value) for value in rng.integers(3, 400, 2))
        cv2.ellipse(cells, (int(x), int(y)), axes, float(rng.integers(0, 180)), 0, 360, number, -1)
    ids, boxes = boxes_of(cells)
    cut = crop_boxes(image, cells, cells, ids, boxes, keep_neighbours=keep_neighbours)
    for row, cell_id in enumerate(ids):
        expected = plain_cut(image, cells, cell_id, keep_neighbours=keep_neighbours)
        assert np.array_equal(cut.tiles[row], expected)
        inside = image[:, cells == cell_id].mean(axis=1) / 255
        assert cut.mean_intensities[row] == pytest.approx(inside, abs=1e-5)


@pytest.fixture
def two_cells() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    cells = np.zeros((100, 120), np.uint16)
    cells[20:60, 10:60] = 1
    cells[20:60, 60:110] = 2
    nuclei = np.zeros_like(cells)
    nuclei[30:50, 20:40] = 1
    nuclei[30:50, 70:90] = 2
    image = np.zeros((4, 100, 120), np.uint8)
    image[:, cells == 1] = np.array([[10], [20], [30], [40]])
    image[:, cells == 2] = 200
    return image, nuclei, cells


def test_neighbours_are_masked_or_kept(two_cells: tuple) -> None:
    image, nuclei, cells = two_cells
    ids, boxes = boxes_of(cells)
    masked = crop_boxes(image, nuclei, cells, ids, boxes)
    assert masked.tiles[0].max() == 40
    # The right cell stands on both sides of the left cell's square only where it is kept.
    kept = crop_boxes(image, nuclei, cells, ids[:1], np.array([[20, 10, 60, 70]]), keep_neighbours=True)
    assert kept.tiles[0].max() == 200


def test_masks_lie_on_their_cells(two_cells: tuple) -> None:
    image, nuclei, cells = two_cells
    ids, boxes = boxes_of(cells)
    cut = crop_boxes(image, nuclei, cells, ids, boxes)
    scale = (TILE_SIZE / 50) ** 2
    assert cut.cell_masks.sum(axis=(1, 2)) == pytest.approx([2000 * scale] * 2, rel=0.02)
    assert cut.nucleus_masks.sum(axis=(1, 2)) == pytest.approx([400 * scale] * 2, rel=0.05)
    assert (cut.cell_masks | ~cut.nucleus_masks).all()
    assert (cut.tiles[0, 1][cut.cell_masks[0]] > 0).all()


def test_one_pixel_cell() -> None:
    cells = np.zeros((5, 5), np.uint16)
    cells[0, 4] = 1
    image = np.full((4, 5, 5), 9, np.uint8)
    cut = crop_boxes(image, cells, cells, np.array([1]), np.array([[0, 4, 1, 5]]))
    assert (cut.tiles == 9).all()
    assert cut.cell_masks.all()

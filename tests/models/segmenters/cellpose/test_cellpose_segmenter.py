from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from data.compare.agreement import compare_cells
from data.errors import InputError
from models.segmenters.cellpose.cellpose_segmenter import CellposeSegmenter
from models.segmenters.cellpose.settings import CellposeSettings
from models.segmenters.factory import create_segmenter

Make = Callable[..., CellposeSegmenter]

DISKS = ((110, 120), (300, 250), (380, 90))
SMALL_SHAPES = ((1, 1), (3, 64), (64, 3), (7, 5), (33, 17))
SHAPES_OF_TWO_TILES = ((60, 301), (301, 60))
"""With pixels of 1 um, which the network sees as they are."""


def paint(
    shape: tuple[int, int] = (400, 500), centres: Any = DISKS, radius: int = 75
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Disks of cytoplasm with a nucleus in each: the image (3, H, W) and the labels of the disks."""
    image, truth = np.zeros((3, *shape), np.uint8), np.zeros(shape, np.int32)
    for number, centre in enumerate(centres, start=1):
        cv2.circle(image[0], centre, radius, 200, -1)
        cv2.circle(image[1], centre, radius, 90, -1)
        cv2.circle(image[2], centre, radius // 3, 220, -1)
        cv2.circle(truth, centre, radius, number, -1)
    return image, truth


def settings(**values: Any) -> CellposeSettings:
    return CellposeSettings.model_validate(values)


@pytest.mark.parametrize("exact", [False, True])
def test_masks_lie_where_the_cells_are(make_segmenter: Make, exact: bool) -> None:
    image, truth = paint()
    found = make_segmenter(exact=exact, settings=settings(diameter_um=12)).segment(image, 0.08)
    agreement = compare_cells(truth, found.cells)
    assert (agreement.matched_cells, agreement.predicted_cells) == (3, 3)
    assert agreement.mean_iou > 0.95
    np.testing.assert_array_equal(found.nuclei > 0, image[2] > 127)


@pytest.mark.parametrize(
    ("pixel_um", "diameter_um"), [(0.08, 12), (0.08, 24), (0.1625, 24), (0.32, 48), (0.5, 80), (0.1, 10)]
)
def test_a_cell_of_the_diameter_is_shown_with_30_pixels(
    make_segmenter: Make, network: Any, pixel_um: float, diameter_um: float
) -> None:
    image, _ = paint()
    # cellpose's check of the flows takes seconds for cells of so many pixels, and comes after the network.
    make_segmenter(settings=settings(diameter_um=diameter_um, flow_threshold=0)).segment(image, pixel_um)
    shown = sum((tile[0] > 0.5).sum() for tile in network.seen)
    across = 2 * np.sqrt(shown / 3 / np.pi)
    assert across == pytest.approx(30 * 151 * pixel_um / diameter_um, rel=0.04)


def test_each_stain_is_where_the_network_expects_it(make_segmenter: Make, network: Any, model: str) -> None:
    image = np.zeros((3, 96, 96), np.uint8)
    for plane, left in zip(image, (0, 32, 64), strict=True):
        plane[:, left : left + 32] = 255
    make_segmenter().segment(image, 0.32)
    # The field is 31 px wide there, in the middle of one tile of zeros.
    tile = network.seen[0]
    start = (tile.shape[2] - 30) // 2
    row = tile[:, tile.shape[1] // 2, start : start + 30].round(1)
    bright = [[bool(plane[place] > 0.4) for place in (4, 15, 25)] for plane in row]
    if model == "cyto3":
        assert bright == [[True, True, False], [False, False, True]]
    else:
        assert bright == [[True, False, False], [False, True, False], [False, False, True]]


def test_fields_without_er_and_of_16_bit_are_shown_alike(make_segmenter: Make, network: Any) -> None:
    image, _ = paint()
    image[1] = 0
    cells = [
        make_segmenter().segment(scaled, 0.08).cells for scaled in (image, image.astype(np.uint16) * 257)
    ]
    np.testing.assert_array_equal(*cells)
    assert cells[0].max() == 3
    first, second = network.seen
    np.testing.assert_array_equal(first, second)


def test_thresholds_decide_as_in_cellpose(make_segmenter: Make, network: Any) -> None:
    image, _ = paint()

    def count(**values: Any) -> int:
        return make_segmenter(settings=settings(diameter_um=12, **values)).segment(image, 0.08).count

    network.logit = 1.0
    assert (count(), count(cellprob_threshold=0.9), count(cellprob_threshold=1.1)) == (3, 3, 0)
    # Flows that are wrong by an angle a have an error of about 2 - 2 cos(a), here 0.55.
    network.turn = 0.76
    assert (count(), count(flow_threshold=1), count(flow_threshold=0)) == (0, 3, 3)


def test_a_cell_that_fills_most_of_the_field_is_kept(make_segmenter: Make) -> None:
    image, truth = paint((200, 200), [(100, 100)], 90)
    assert (truth > 0).mean() > 0.6
    found = make_segmenter().segment(image, 0.16)
    assert compare_cells(truth, found.cells).mean_iou > 0.9


def test_cells_without_a_nucleus_are_left_out_and_two_nuclei_share_one(make_segmenter: Make) -> None:
    image, truth = paint()
    image[2] = 0
    for x in (90, 140):
        cv2.circle(image[2], (x, 120), 15, 220, -1)
    cv2.circle(image[2], (470, 370), 15, 220, -1)
    found = make_segmenter(settings=settings(diameter_um=12)).segment(image, 0.08)
    assert compare_cells(np.where(truth == 1, 1, 0), found.cells).mean_iou > 0.95
    assert found.count == 1
    assert found.nuclei[120, 90] == found.nuclei[120, 140] == 1
    assert found.nuclei[370, 470] == 0


def test_without_nuclei_the_network_is_not_asked(make_segmenter: Make, network: Any) -> None:
    image, _ = paint()
    image[2] = 3
    found = make_segmenter().segment(image, 0.08)
    assert (found.count, found.cells.shape, network.seen) == (0, (400, 500), [])


@pytest.mark.parametrize(
    ("shape", "exact"), [*product(SMALL_SHAPES, (False, True)), *product(SHAPES_OF_TWO_TILES, (False,))]
)
@pytest.mark.parametrize("pixel_um", [0.08, 0.3, 1.0])
def test_fields_of_any_size(
    make_segmenter: Make, shape: tuple[int, int], pixel_um: float, exact: bool
) -> None:
    image, _ = paint(shape, [(shape[1] // 2, shape[0] // 2)], max(shape) // 3)
    segmenter = make_segmenter(exact=exact)
    assert segmenter.segment(image, pixel_um).cells.shape == shape
    image[0, 0, 0] = 1
    assert segmenter.segment(image[:, ::-1], pixel_um).cells.shape == shape


def test_a_field_that_would_become_too_large_is_told(make_segmenter: Make) -> None:
    image, _ = paint()
    expected = "segment.cellpose.diameter_um: cells of 1 px.*15000 x 12000 px; expected the usual diameter"
    with pytest.raises(InputError, match=expected):
        make_segmenter(settings=settings(diameter_um=1)).segment(image, 1.0)


def test_the_same_from_many_threads_and_every_time(make_segmenter: Make) -> None:
    images = [paint(centres=[(100 + 40 * number, 200)])[0] for number in range(4)]
    segmenter = make_segmenter()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(segmenter.segment, images))
    for image, found in zip(images, together, strict=True):
        np.testing.assert_array_equal(found.cells, make_segmenter().segment(image).cells)
        assert found.count == 1


def test_random_weights_of_the_real_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, model: str, cyto3_state: dict[str, Any]
) -> None:
    """Whatever such a network says, the field keeps its promises, and is the same again."""
    if model != "cyto3":
        pytest.skip("the weights of cpsam are 1.2 GB; tests/end_to_end/test_cellpose.py runs them")
    import torch

    from models.segmenters.cellpose.weights import fetch_cellpose

    monkeypatch.setenv("HPACELLS_WEIGHTS", str(tmp_path / "store"))
    torch.save(cyto3_state, tmp_path / "cyto3")
    fetch_cellpose("cellpose-cyto3", tmp_path)
    image, _ = paint()
    first, second = (create_segmenter("cellpose").segment(image, 0.08) for _ in range(2))
    np.testing.assert_array_equal(first.cells, second.cells)

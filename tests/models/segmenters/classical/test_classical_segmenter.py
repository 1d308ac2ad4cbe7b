from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from data.compare.agreement import Agreement, compare_cells
from data.errors import InputError
from data.fields.image_folder import find_fields
from data.simulate.field import FieldSettings, simulate_set_field
from data.simulate.geometry.cell_lines import CELL_LINES, CellLine
from models.segmenters.classical.classical_segmenter import ClassicalSegmenter
from models.segmenters.segmenter import SegmentedField

SEGMENTER = ClassicalSegmenter()
PIXEL_UM = 0.32
SCENE = [
    (20, 20, 14, 16),
    (20, 52, 14, 16),
    (58, 30, 16, 12),
    (70, 70, 12, 18),
    (50, 92, 14, 12),
    (0, 75, 10, 10),
]
SIZE_UM = (80, 112)


def assert_whole_cells(field: SegmentedField) -> None:
    for number in range(1, field.count + 1):
        assert ndimage.label(field.cells == number)[1] == 1


def test_painted_cells_are_found(paint_scene) -> None:
    image, labels = paint_scene(SCENE, SIZE_UM)
    field = SEGMENTER.segment(image, PIXEL_UM)
    agreement = compare_cells(labels, field.cells, threshold=0.7)
    assert (agreement.matched_cells, agreement.predicted_cells) == (len(SCENE), len(SCENE))
    assert_whole_cells(field)


def test_cells_are_numbered_in_reading_order(paint_scene) -> None:
    image, _ = paint_scene(SCENE, SIZE_UM)
    field = SEGMENTER.segment(image, PIXEL_UM)
    corners = [(box[0].start, box[1].start) for box in ndimage.find_objects(field.cells)]
    assert corners == sorted(corners)


@pytest.mark.parametrize("times", [2, 4, 5])
def test_the_same_scene_in_finer_pixels_has_the_same_cells(paint_scene, times: int) -> None:
    coarse = SEGMENTER.segment(paint_scene(SCENE, SIZE_UM)[0], PIXEL_UM)
    fine_image, _ = paint_scene(SCENE, SIZE_UM, pixel_um=PIXEL_UM / times)
    fine = SEGMENTER.segment(fine_image, PIXEL_UM / times)
    assert fine.cells.shape == tuple(times * side for side in coarse.cells.shape)
    blocks = np.kron(coarse.cells, np.ones((times, times), np.uint16))
    agreement = compare_cells(blocks, fine.cells, threshold=0.9)
    assert agreement.matched_cells == agreement.reference_cells == agreement.predicted_cells == len(SCENE)


def test_16_bit_equals_8_bit(paint_scene) -> None:
    image, _ = paint_scene(SCENE, SIZE_UM, pixel_um=0.1)
    image = np.clip(image + np.random.default_rng(2).normal(0, 6, image.shape), 0, 255).astype(np.uint8)
    narrow, wide = SEGMENTER.segment(image, 0.1), SEGMENTER.segment(image.astype(np.uint16) * 257, 0.1)
    assert (narrow.cells == wide.cells).all()
    assert (narrow.nuclei == wide.nuclei).all()
    assert narrow.count == len(SCENE)


@pytest.mark.parametrize("factor", [0.25, 0.5])
def test_dim_fields_have_the_same_cells(paint_scene, factor: float) -> None:
    image, labels = paint_scene(SCENE, SIZE_UM)
    noise = np.random.default_rng(2).normal(0, 2, image.shape)
    field = SEGMENTER.segment(np.clip(image * factor + noise, 0, 255).astype(np.uint8), PIXEL_UM)
    assert compare_cells(labels, field.cells).f1 == 1


@pytest.mark.parametrize("missing", [0, 2])
def test_an_empty_stain_is_no_obstacle(paint_scene, missing: int) -> None:
    image, labels = paint_scene(SCENE, SIZE_UM)
    image[missing] = 0
    assert compare_cells(labels, SEGMENTER.segment(image, PIXEL_UM).cells).f1 == 1


def test_a_cell_without_nucleus_does_not_exist(paint_scene) -> None:
    image, labels = paint_scene(SCENE, SIZE_UM)
    image[1][labels == 3] = 6
    field = SEGMENTER.segment(image, PIXEL_UM)
    assert field.count == len(SCENE) - 1
    assert not field.cells[ndimage.binary_erosion(labels == 3, iterations=4)].any()


def test_one_giant_cell_fills_the_field() -> None:
    image = np.full((3, 300, 200), 90, np.uint8)
    y, x = np.mgrid[:300, :200]
    image[1] = np.where(np.hypot(y - 150, x - 100) < 40, 150, 10)
    field = SEGMENTER.segment(image, PIXEL_UM)
    assert field.count == 1
    assert (field.cells == 1).all()


@pytest.mark.parametrize("value", [0, 1, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (64, 48), (300, 500)])
def test_a_constant_image_has_no_cell(value: int, shape: tuple[int, int]) -> None:
    field = SEGMENTER.segment(np.full((3, *shape), value, np.uint8))
    assert field.cells.shape == shape
    assert field.count == 0


def test_noise_alone_has_no_cell() -> None:
    image = np.random.default_rng(0).normal(20, 5, (3, 700, 500)).clip(0, 255).astype(np.uint8)
    assert SEGMENTER.segment(image).count == 0


def test_a_tiny_field_with_one_nucleus() -> None:
    image = np.full((3, 64, 48), 5, np.uint8)
    image[:, 8:56, 6:42] = 60
    image[1, 16:48, 12:36] = 200
    field = SEGMENTER.segment(image, 0.25)
    assert field.count == 1
    assert field.cells[32, 24] == 1


@pytest.mark.parametrize("pixel_size_um", [0.005, 0.03, 0.7, 5.0])
def test_extreme_pixel_sizes_do_no_harm(paint_scene, pixel_size_um: float) -> None:
    image, _ = paint_scene(SCENE, SIZE_UM)
    assert SEGMENTER.segment(image, pixel_size_um).cells.shape == image.shape[1:]


def test_an_image_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match="red, blue, yellow"):
        SEGMENTER.segment(np.zeros((4, 64, 64), np.uint8))


def test_threads_do_not_disturb_each_other(paint_scene) -> None:
    image, _ = paint_scene(SCENE, SIZE_UM)
    images = [np.roll(image, 40 * turn, axis=2) for turn in range(6)]
    alone = [SEGMENTER.segment(each, PIXEL_UM) for each in images]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda each: SEGMENTER.segment(each, PIXEL_UM), images))
    for one, other in zip(alone, together, strict=True):
        assert (one.cells == other.cells).all()
        assert (one.nuclei == other.nuclei).all()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 120),
    width=st.integers(1, 120),
    blob_px=st.floats(0.5, 12),
    pixel_size_um=st.sampled_from([0.08, 0.16, 0.32, 0.5]),
)
def test_any_blobs_give_a_field_that_keeps_its_promise(
    seed: int, height: int, width: int, blob_px: float, pixel_size_um: float
) -> None:
    blobs = np.random.default_rng(seed).normal(size=(3, height, width))
    blobs = ndimage.gaussian_filter(blobs, (0, blob_px, blob_px))
    spread = max(float(blobs.std()), 1e-12)
    image = np.clip(80 + 90 * blobs / spread, 0, 255).astype(np.uint8)
    field = SEGMENTER.segment(image, pixel_size_um)
    assert field.cells.shape == (height, width)
    assert_whole_cells(field)


@pytest.mark.parametrize("line", CELL_LINES, ids=lambda line: line.name)
def test_simulated_fields(line: CellLine) -> None:
    pooled = Agreement()
    for index in range(2):
        truth = simulate_set_field(index, FieldSettings(shape=(1024, 1024), seed=11), cell_line=line)
        field = SEGMENTER.segment(truth.image[[0, 2, 3]])
        pooled += compare_cells(truth.cells, field.cells)
    assert pooled.f1 > 0.7


@pytest.mark.slow
def test_real_fields_agree_with_hpacellseg(shared: Path) -> None:
    folder = shared / "hpa"
    pooled = Agreement()
    for field in find_fields(folder / "fields"):
        reference = cv2.imread(
            str(folder / f"reference_masks/{field.image_id}_cells.png"), cv2.IMREAD_UNCHANGED
        )
        assert reference is not None
        predicted = SEGMENTER.segment(field.read(SEGMENTER.channels))
        pooled += compare_cells(reference, predicted.cells)
    assert pooled.reference_cells == 54
    assert pooled.f1 > 0.8
    assert pooled.mean_iou > 0.78


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["tinted", "cm4ai"])
def test_real_fields_without_reference_have_cells(shared: Path, folder: str) -> None:
    for field in find_fields(shared / "hpa" / folder):
        segmented = SEGMENTER.segment(field.read(SEGMENTER.channels))
        assert segmented.count > 0
        assert_whole_cells(segmented)

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from data.channels import CHANNELS
from data.compare.agreement import compare_cells, pool_agreements
from data.errors import InputError
from data.fields.image_folder import find_fields
from data.masks.label_image import read_label_image
from data.segmenter_training.stains import STAINS
from data.simulate.field import FieldSettings, SimulatedField, simulate_set_field
from data.simulate.geometry.cell_lines import CELL_LINES, CellLine
from models.segmenters.lite.bundled import LITE_WEIGHTS
from models.segmenters.lite.lite_segmenter import LiteSegmenter, working_factors
from models.segmenters.lite.weights import hash_weights, load_lite_network
from models.segmenters.runtimes.factory import make_runtime


@cache
def segmenter() -> LiteSegmenter:
    weights = hash_weights(LITE_WEIGHTS)
    return LiteSegmenter(make_runtime("torch", load_lite_network, weights), weights)


@cache
def field(
    line: CellLine = CELL_LINES[0], pixel_size_um: float = 0.08, side: int = 1024, index: int = 4
) -> SimulatedField:
    return simulate_set_field(
        index, FieldSettings(shape=(side, side), pixel_size_um=pixel_size_um, seed=41), cell_line=line
    )


def stains(simulated: SimulatedField) -> np.ndarray:
    return simulated.image[[CHANNELS.index(stain) for stain in STAINS]]


@pytest.mark.parametrize("line", CELL_LINES, ids=lambda line: line.name)
def test_cells_of_every_simulated_line_are_found(line: CellLine) -> None:
    # Two fields of a line of large cells hold ten. One whose nucleus the border cuts to a sliver spoils two:
    # it is not found, and its neighbour takes its place.
    agreements = []
    for index in (4, 5):
        simulated = field(line, index=index)
        agreements.append(compare_cells(simulated.cells, segmenter().segment(stains(simulated)).cells))
    agreement = pool_agreements(agreements)
    assert agreement.f1 >= 0.8
    assert agreement.mean_iou >= 0.85


def test_real_fields_agree_with_hpacellseg(shared: Path) -> None:
    # The bundled weights have seen these fields: this proves that they are whole, and no more.
    agreements = []
    for real in find_fields(shared / "hpa" / "fields"):
        known = read_label_image(shared / "hpa" / "reference_masks" / f"{real.image_id}_cells.png")
        agreements.append(compare_cells(known, segmenter().segment(real.read(STAINS)).cells))
    pooled = pool_agreements(agreements)
    assert pooled.reference_cells == 54
    assert pooled.f1 >= 0.93


@pytest.mark.parametrize("folder", ["tinted", "cm4ai"])
def test_other_laboratories_fields_have_cells(shared: Path, folder: str) -> None:
    counts = [
        segmenter().segment(real.read(STAINS)).count for real in find_fields(shared / "hpa" / folder)[:3]
    ]
    assert min(counts) >= 3


@pytest.mark.parametrize("pixel_size_um", [0.04, 0.11, 0.16, 0.32, 0.64])
def test_the_same_cells_at_other_pixel_sizes(pixel_size_um: float) -> None:
    side = round(82 / pixel_size_um)
    simulated = field(CELL_LINES[0], pixel_size_um, side)
    found = segmenter().segment(stains(simulated), pixel_size_um)
    assert found.cells.shape == (side, side)
    assert compare_cells(simulated.cells, found.cells).f1 >= 0.8


def test_any_size_and_shape() -> None:
    # A line of small cells: in so small a part, most cells of the others are cut by the border.
    whole = field(next(line for line in CELL_LINES if line.name == "round"))
    part = stains(whole)[:, 3:700, 10:1001]
    found = segmenter().segment(part)
    assert found.cells.shape == (697, 991)
    assert compare_cells(whole.cells[3:700, 10:1001], found.cells).f1 >= 0.85
    assert segmenter().segment(np.zeros((3, 17, 5), np.uint8)).cells.shape == (17, 5)


def test_eight_and_sixteen_bit_give_the_same_cells() -> None:
    image = stains(field())
    eight = segmenter().segment(image).cells
    sixteen = segmenter().segment(image.astype(np.uint16) * 257).cells
    assert compare_cells(eight, sixteen).mean_iou > 0.995
    assert compare_cells(eight, sixteen).f1 == 1


def test_missing_er_is_borne() -> None:
    simulated = field()
    image = stains(simulated).copy()
    image[1] = 0
    assert compare_cells(simulated.cells, segmenter().segment(image).cells).f1 >= 0.75


def test_brightness_of_the_camera_does_not_matter() -> None:
    simulated = field()
    dim = (stains(simulated).astype(np.float32) * 0.25).astype(np.uint8)
    assert compare_cells(simulated.cells, segmenter().segment(dim).cells).f1 >= 0.85


@pytest.mark.parametrize("grey", [0, 9, 255])
def test_a_field_without_cells_has_none(grey: int) -> None:
    random = np.random.default_rng(1)
    image = np.clip(grey + random.normal(0, 1.0, (3, 512, 512)), 0, 255).astype(np.uint8)
    assert segmenter().segment(image).count == 0


def test_threads_do_not_disturb_each_other() -> None:
    images = [stains(field(line))[:, :512, :512] for line in CELL_LINES]
    alone = [segmenter().segment(image).cells for image in images]
    with ThreadPoolExecutor(4) as pool:
        together = [found.cells for found in pool.map(segmenter().segment, images)]
    for first, second in zip(alone, together, strict=True):
        assert np.array_equal(first, second)


def test_wrong_input_is_told() -> None:
    with pytest.raises(InputError, match="red, yellow, blue"):
        segmenter().segment(np.zeros((2, 64, 64), np.uint8))
    with pytest.raises(InputError, match="pixel size"):
        segmenter().segment(np.zeros((3, 64, 64), np.uint8), 80.0)
    # Some 12 GB, if it were magnified.
    with pytest.raises(
        InputError, match="pixels of 5 um, for which the field would be magnified to 32768 x 16"
    ):
        segmenter().segment(np.zeros((3, 1000, 2048), np.uint8), 5.0)


def test_working_factors_bring_pixels_to_about_a_third_of_a_micrometre() -> None:
    for pixel_size_um in np.geomspace(0.01, 4.0, 60):
        factor, magnification = working_factors(float(pixel_size_um))
        assert min(factor, magnification) == 1
        assert 0.2 < pixel_size_um * factor / magnification < 0.5


def test_identity_names_weights_and_runtime() -> None:
    identity = segmenter().identity()
    assert hash_weights(LITE_WEIGHTS) in identity
    assert "torch float32" in identity

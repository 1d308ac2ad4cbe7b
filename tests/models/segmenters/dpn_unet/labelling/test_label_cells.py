import importlib
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy import ndimage

from data.compare.agreement import compare_cells, pool_agreements
from data.errors import InputError
from data.simulate.field import FieldSettings, SimulatedField, simulate_set_field
from data.simulate.geometry.cell_lines import CELL_LINES
from data.simulate.predictions import predict_labels
from models.segmenters.dpn_unet.labelling.exact import LEAST_NUCLEUS_PX
from models.segmenters.dpn_unet.labelling.label_cells import label_cells
from models.segmenters.hpacellseg.repairs import repaired_calls
from models.segmenters.segmenter import SegmentedField

BOTH_MODES = pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
PREDICTIONS = ("nuclei_pred", "cell_pred")
CASES = pytest.mark.parametrize("case", range(3))


def _maps(inside: np.ndarray, border: np.ndarray | None = None) -> np.ndarray:
    """Stack planes to a prediction (h, w, 3) uint8."""
    border = np.zeros_like(inside) if border is None else border
    return np.stack([255 - np.maximum(inside, border), border, inside], axis=2).astype(np.uint8)


def _read_case(shared: Path, case: int) -> dict[str, np.ndarray]:
    folder = shared / "reference/label_cell"
    names = ("nuclei_pred", "cell_pred", "nuclei_label", "cell_label")
    return {name: cv2.imread(str(folder / f"case{case}_{name}.png"), -1) for name in names}


def _equal_up_to_numbers(one: np.ndarray, other: np.ndarray) -> bool:
    pairs = np.unique(one.astype(np.int64) * 65_536 + other)
    rows, columns = np.divmod(pairs, 65_536)
    distinct = len(np.unique(rows)) == len(np.unique(columns)) == pairs.size
    return distinct and bool(np.all((rows == 0) == (columns == 0)))


def _disks(shape: tuple[int, int], centres: list[tuple[int, int]], radius: int) -> np.ndarray:
    plane = np.zeros(shape, np.uint8)
    for y, x in centres:
        cv2.circle(plane, (x, y), radius, 240, -1)
    return plane


@CASES
def test_exact_mode_gives_the_reference_pixel_by_pixel(shared: Path, case: int) -> None:
    reference = _read_case(shared, case)
    nuclei, cells = label_cells(reference["nuclei_pred"], reference["cell_pred"], exact=True)
    assert _equal_up_to_numbers(cells, reference["cell_label"])
    assert _equal_up_to_numbers(nuclei, reference["nuclei_label"])
    assert np.array_equal(nuclei, np.where(nuclei > 0, cells, 0))


def test_exact_mode_starts_from_predictions_as_they_come_from_the_network(shared: Path) -> None:
    reference = _read_case(shared, 1)
    small = [cv2.resize(reference[name], (512, 512), interpolation=cv2.INTER_AREA) for name in PREDICTIONS]
    _, cells = label_cells(*small, exact=True, pixel_size_um=0.32, output_shape=(2048, 2048))
    agreement = compare_cells(reference["cell_label"], cells)
    assert agreement.f1 == 1
    assert agreement.mean_iou > 0.98


@pytest.mark.parametrize("reduced", [True, False])
def test_fast_mode_finds_the_reference_cells(shared: Path, reduced: bool) -> None:
    agreements = []
    for case in range(3):
        reference = _read_case(shared, case)
        predictions = [reference[name] for name in PREDICTIONS]
        options = {}
        if reduced:
            predictions = [cv2.resize(each, (512, 512), interpolation=cv2.INTER_AREA) for each in predictions]
            options = {"pixel_size_um": 0.32, "output_shape": (2048, 2048)}
        nuclei, cells = label_cells(*predictions, **options)
        SegmentedField(nuclei=nuclei, cells=cells)
        for found, what in ((cells, "cell_label"), (nuclei, "nuclei_label")):
            agreements.append(compare_cells(reference[what], found))
    for pooled in (pool_agreements(agreements[::2]), pool_agreements(agreements[1::2])):
        assert pooled.recall >= 0.99
        assert pooled.precision >= 0.99
        assert pooled.mean_iou >= 0.96


@lru_cache(1)
def _simulate_undivided(line: int) -> SimulatedField:
    """Simulate a field in which no cell divides: two sets of chromosomes are two nuclei to the labelling."""
    settings = FieldSettings(shape=(1024, 1200))
    return simulate_set_field(line, settings, classes=(16,), cell_line=CELL_LINES[line])


@pytest.mark.parametrize("border_px", [1.5, 0.0])
@pytest.mark.parametrize("line", range(len(CELL_LINES)))
def test_the_modes_agree_on_simulated_fields(line: int, border_px: float) -> None:
    field = _simulate_undivided(line)
    predictions = [
        predict_labels(labels, 4, border_px=border_px, seed=line) for labels in (field.nuclei, field.cells)
    ]
    options = {"pixel_size_um": 0.32, "output_shape": field.cells.shape}
    _, fast = label_cells(*predictions, **options)
    _, exact = label_cells(*predictions, exact=True, **options)
    agreement = compare_cells(exact, fast)
    assert agreement.f1 == 1
    assert agreement.mean_iou >= 0.95
    if border_px:
        # Slivers of nuclei at the field's border are too small for it.
        known = np.flatnonzero(np.bincount(field.nuclei.ravel()) >= LEAST_NUCLEUS_PX)
        assert compare_cells(np.where(np.isin(field.cells, known), field.cells, 0), fast).f1 > 0.85


@pytest.mark.parametrize("seed", range(2))
def test_the_package_itself_gives_the_exact_mode(seed: int) -> None:
    labelling_module = pytest.importorskip("hpacellseg.utils")
    segmentator_module = importlib.import_module("hpacellseg.cellsegmentator")
    field = simulate_set_field(seed, FieldSettings(shape=(1024, 900)))
    predictions = [
        np.kron(predict_labels(labels, 4, noise=1.5, seed=seed), np.ones((4, 4, 1), np.uint8))
        for labels in (field.nuclei, field.cells)
    ]
    # Where the sum of borders would wrap, the original has its fault.
    predictions[0][..., 1] = np.minimum(predictions[0][..., 1], 255 - predictions[1][..., 1])
    with repaired_calls(segmentator_module, labelling_module):
        theirs_nuclei, theirs = labelling_module.label_cell(*predictions)
    nuclei, cells = label_cells(*predictions, exact=True)
    with_nucleus = np.isin(theirs, np.unique(theirs_nuclei[theirs_nuclei > 0]))
    assert _equal_up_to_numbers(cells, np.where(with_nucleus, theirs, 0))
    assert _equal_up_to_numbers(nuclei, theirs_nuclei)


@BOTH_MODES
def test_more_than_255_cells(exact: bool) -> None:
    centres = [(9 + 18 * row, 9 + 18 * column) for row in range(20) for column in range(16)]
    nuclei_prediction, cell_prediction = (_maps(_disks((360, 288), centres, r)) for r in (3, 7))
    # The original's rule: numbers pass through 8 bits, so the 256th cell is lost and others share theirs.
    numbers = ndimage.label(cell_prediction[..., 2])[0]
    eight_bit = numbers.astype(np.uint8)
    assert numbers.max() == 320
    assert not eight_bit[numbers == 256].any()
    assert len(np.unique(eight_bit)) == 256
    nuclei, cells = label_cells(nuclei_prediction, cell_prediction, exact=exact, pixel_size_um=0.8)
    assert cells.max() == 320
    assert [cells[y, x] for y, x in centres] == list(range(1, 321))
    assert [nuclei[y, x] for y, x in centres] == list(range(1, 321))


@BOTH_MODES
def test_borders_of_which_both_networks_are_sure_part_nuclei(exact: bool) -> None:
    inside, cell_inside = np.zeros((240, 400), np.uint8), np.full((240, 400), 220, np.uint8)
    inside[80:160, 80:320] = 240
    line = np.zeros_like(inside)
    line[:, 192:208] = 1
    # The original's sum of bytes wraps: where both are sure of a border it sees next to none.
    assert np.uint8(200) + np.uint8([100]) == 44
    counts = {}
    for nuclei_border, cell_border in ((200, 100), (100, 100)):
        _, cells = label_cells(
            _maps(inside, line * nuclei_border), _maps(cell_inside, line * cell_border), exact=exact
        )
        counts[nuclei_border] = cells.max()
    assert counts == {200: 2, 100: 1}


@BOTH_MODES
def test_a_cell_whose_nucleus_lies_beside_it_is_none(exact: bool) -> None:
    # Of the second nucleus only a sliver lies in the cell that grows from it.
    inside, cell_inside = _disks((400, 800), [(200, 200)], 40), _disks((400, 800), [(200, 200)], 100)
    inside[150:250, 500:604] = 240
    cell_inside[100:300, 594:760] = 240
    nuclei, cells = label_cells(_maps(inside), _maps(cell_inside), exact=exact)
    assert cells.max() == 1
    assert not cells[:, 450:].any()
    assert nuclei[200, 200] == 1


@BOTH_MODES
def test_more_cells_than_a_label_image_can_number_are_refused(exact: bool) -> None:
    inside = np.zeros((514, 512), np.uint8)
    inside[::2, ::2] = 255
    assert np.count_nonzero(inside) > 65_535
    maps = _maps(inside)
    with pytest.raises(InputError, match="65792 cells"):
        label_cells(maps, maps, exact=exact, pixel_size_um=5.0)


@BOTH_MODES
@pytest.mark.parametrize("value", [0, 13, 60, 110, 128, 255])
def test_constant_maps(exact: bool, value: int) -> None:
    constant = _maps(np.full((200, 260), value, np.uint8))
    nuclei, cells = label_cells(constant, constant, exact=exact)
    count = int(value > 0.4 * 255)
    assert (cells == count).all()
    assert (nuclei == count).all()
    every_plane = np.full((200, 260, 3), value, np.uint8)
    SegmentedField(*label_cells(every_plane, every_plane, exact=exact))


@BOTH_MODES
def test_a_field_without_background(exact: bool) -> None:
    centres = [(100, 100), (100, 300), (300, 200), (310, 420)]
    nuclei_prediction = _maps(_disks((400, 520), centres, 40))
    nuclei, cells = label_cells(nuclei_prediction, _maps(np.full((400, 520), 255, np.uint8)), exact=exact)
    assert sorted(cells[place] for place in centres) == [1, 2, 3, 4]
    assert (cells > 0).mean() > 0.97
    assert all(nuclei[place] == cells[place] for place in centres)


@BOTH_MODES
def test_one_giant_cell(exact: bool) -> None:
    nuclei, cells = label_cells(
        _maps(_disks((600, 500), [(300, 250)], 60)), _maps(np.full((600, 500), 250, np.uint8)), exact=exact
    )
    assert (cells == 1).all()
    assert 0.9 < np.count_nonzero(nuclei) / (np.pi * 60**2) < 1.1


@BOTH_MODES
def test_a_field_of_other_proportions_keeps_its_places(exact: bool) -> None:
    centres = [(20, 25), (70, 30), (25, 140)]
    nuclei_prediction, cell_prediction = (_maps(_disks((100, 180), centres, r)) for r in (8, 18))
    nuclei, cells = label_cells(
        nuclei_prediction, cell_prediction, exact=exact, pixel_size_um=0.32, output_shape=(410, 715)
    )
    assert cells.shape == nuclei.shape == (410, 715)
    truth = cv2.resize(
        ndimage.label(cell_prediction[..., 2])[0].astype(np.uint16), (715, 410), interpolation=0
    )
    agreement = compare_cells(truth, cells)
    assert agreement.f1 == 1
    assert agreement.mean_iou > 0.93


@BOTH_MODES
@pytest.mark.parametrize("pixel_um", [0.04, 0.1, 0.16, 0.5])
def test_cut_offs_scale_with_the_pixel_size(exact: bool, pixel_um: float) -> None:
    # In um: a cell as it should be, one that is too small, one with too small a nucleus.
    cells_um = [(16, 16, 8.0, 4.0), (16, 40, 2.6, 2.4), (40, 20, 8.0, 1.9)]
    shape = round(56 / pixel_um), round(64 / pixel_um)
    planes = [
        np.maximum.reduce(
            [_disks(shape, [(round(c[0] / pixel_um), round(c[1] / pixel_um))], round(c[which] / pixel_um))
             for c in cells_um]
        )
        for which in (3, 2)
    ]  # fmt: skip
    _, cells = label_cells(*(_maps(plane) for plane in planes), exact=exact, pixel_size_um=pixel_um)
    assert cells.max() == 1
    assert cells[round(16 / pixel_um), round(16 / pixel_um)] == 1


@BOTH_MODES
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_predictions_equal_bytes(exact: bool, dtype: type) -> None:
    field = simulate_set_field(0, FieldSettings(shape=(512, 512)))
    maps = [predict_labels(labels, 2) for labels in (field.nuclei, field.cells)]
    expected = label_cells(*maps, exact=exact, pixel_size_um=0.16)
    found = label_cells(*((each / 255).astype(dtype) for each in maps), exact=exact, pixel_size_um=0.16)
    assert all(np.array_equal(one, other) for one, other in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("nuclei", "cells", "message"),
    [
        (np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.uint8), "nuclei prediction.*shape"),
        (np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9, 4), np.uint8), "cell prediction.*shape"),
        (np.zeros((0, 9, 3), np.uint8), np.zeros((0, 9, 3), np.uint8), "nuclei prediction.*shape"),
        (np.zeros((9, 9, 3), np.uint8), np.zeros((9, 8, 3), np.uint8), "one size"),
        (np.zeros((9, 9, 3), np.uint16), np.zeros((9, 9, 3), np.uint8), "uint16 values"),
        (np.zeros((9, 9, 3), bool), np.zeros((9, 9, 3), np.uint8), "bool values"),
        (np.zeros((9, 9, 3), np.float32), np.full((9, 9, 3), 200.0), "values from 200"),
        (np.full((9, 9, 3), np.nan), np.zeros((9, 9, 3), np.float32), "values from nan"),
    ],
)
@BOTH_MODES
def test_other_arrays_are_refused(exact: bool, nuclei: np.ndarray, cells: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        label_cells(nuclei, cells, exact=exact)


@pytest.mark.parametrize("options", [{"pixel_size_um": 0}, {"pixel_size_um": 80}, {"output_shape": (0, 9)}])
def test_impossible_sizes_are_refused(options: dict) -> None:
    maps = np.zeros((9, 9, 3), np.uint8)
    with pytest.raises(InputError, match="pixel size|output shape"):
        label_cells(maps, maps, **options)


def test_the_fast_mode_draws_a_smooth_outline() -> None:
    maps = [_maps(_disks((80, 80), [(40, 40)], radius)) for radius in (10, 25)]
    _, cells = label_cells(*maps, pixel_size_um=0.32, output_shape=(320, 320))
    contours, _ = cv2.findContours((cells > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    y, x = np.mgrid[:320, :320] + 0.5
    radius = np.sqrt(np.count_nonzero(cells) / np.pi)
    disk = np.hypot(y - 162, x - 162) <= radius
    wrong = np.count_nonzero(disk != (cells > 0)) / disk.sum()
    blocks = np.kron(maps[1][..., 2] > 0, np.ones((4, 4), bool))
    assert len(contours) == 1
    assert wrong < 0.7 * np.count_nonzero(disk != blocks) / disk.sum()

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from data.segmenter_training.targets import CORE_SHARE, CORE_UM, DEPTH_UM, MAPS, make_targets

PIXEL_UM = 0.32


def two_cells() -> tuple[np.ndarray, np.ndarray]:
    """Two cells that meet at column 40, each with a round nucleus."""
    cells = np.zeros((64, 80), np.int32)
    cells[8:56, 10:40] = 1
    cells[8:56, 40:70] = 2
    rows, columns = np.mgrid[:64, :80]
    nuclei = np.zeros_like(cells)
    nuclei[(rows - 32) ** 2 + (columns - 25) ** 2 < 64] = 1
    nuclei[(rows - 32) ** 2 + (columns - 55) ** 2 < 64] = 2
    return nuclei, cells


def count_parts(mask: np.ndarray) -> int:
    parts, _ = cv2.connectedComponents(mask.astype(np.uint8))
    return parts - 1


def plane(maps: np.ndarray, name: str) -> np.ndarray:
    return maps[MAPS.index(name)]


def test_nucleus_and_cell_are_the_masks() -> None:
    nuclei, cells = two_cells()
    targets = make_targets(nuclei, cells, np.ones(cells.shape, dtype=bool), PIXEL_UM)
    assert np.array_equal(plane(targets.maps, "nucleus"), nuclei > 0)
    assert np.array_equal(plane(targets.maps, "cell"), cells > 0)
    assert targets.weight.min() == 1


def test_contact_runs_along_the_common_line_alone() -> None:
    nuclei, cells = two_cells()
    contact = (
        plane(make_targets(nuclei, cells, np.ones(cells.shape, dtype=bool), PIXEL_UM).maps, "contact") > 0
    )
    assert contact[10:54, 39:41].all()
    columns = np.flatnonzero(contact.any(axis=0))
    assert columns.min() >= 37
    assert columns.max() <= 42


def test_depth_is_the_distance_to_the_cells_own_border() -> None:
    nuclei, cells = two_cells()
    depth = plane(make_targets(nuclei, cells, np.ones(cells.shape, dtype=bool), PIXEL_UM).maps, "depth")
    reference = np.zeros(cells.shape)
    for number in (1, 2):
        distance = np.asarray(ndimage.distance_transform_edt(cells == number))
        reference = np.maximum(reference, np.tanh(distance * PIXEL_UM / DEPTH_UM))
    inside = cells > 0
    # The rim pixel itself counts as border here, as distance 1 there.
    assert np.abs(depth - reference)[inside].max() < np.tanh(1.3 * PIXEL_UM / DEPTH_UM)
    assert not depth[~inside].any()


def test_touching_nuclei_have_cores_apart_and_a_lobed_one_has_one() -> None:
    rows, columns = np.mgrid[:64, :80]
    nuclei = np.zeros((64, 80), np.int32)
    nuclei[(rows - 32) ** 2 + (columns - 24) ** 2 < 150] = 1
    nuclei[((rows - 32) ** 2 + (columns - 46) ** 2 < 150) & (nuclei == 0)] = 2
    everything = np.ones(nuclei.shape, dtype=bool)
    core = plane(make_targets(nuclei, nuclei, everything, PIXEL_UM).maps, "core")
    assert count_parts(core) == 2
    one = np.minimum(nuclei, 1)
    core = plane(make_targets(one, one, everything, PIXEL_UM).maps, "core")
    assert count_parts(core) == 1


def test_core_of_a_disk_has_the_stated_depth() -> None:
    rows, columns = np.mgrid[:64, :64]
    nuclei = ((rows - 32) ** 2 + (columns - 32) ** 2 < 20**2).astype(np.int32)
    core = plane(make_targets(nuclei, nuclei, np.ones(nuclei.shape, dtype=bool), PIXEL_UM).maps, "core") > 0
    depth_px = min(CORE_UM / PIXEL_UM, CORE_SHARE * 20)
    expected = np.pi * (20 - depth_px) ** 2
    assert abs(core.sum() / expected - 1) < 0.2


def test_cells_without_nucleus_in_the_crop_and_unknown_pixels_weigh_nothing() -> None:
    nuclei, cells = two_cells()
    nuclei[nuclei == 2] = 0
    known = np.ones(cells.shape, dtype=bool)
    known[:, 75:] = False
    weight = make_targets(nuclei, cells, known, PIXEL_UM).weight
    assert np.array_equal(weight > 0, (cells != 2) & known)


@settings(max_examples=20)
@given(seed=st.integers(0, 1000))
def test_maps_turn_with_the_labels(seed: int) -> None:
    random = np.random.default_rng(seed)
    blocks = np.ones((8, 8), np.int32)
    cells = np.kron(random.integers(0, 4, (6, 6)), blocks).astype(np.int32)
    nuclei = np.kron(random.random((6, 6)) < 0.4, blocks).astype(np.int32) * cells
    known = np.ones(cells.shape, dtype=bool)
    upright = make_targets(nuclei, cells, known, PIXEL_UM)
    turned = make_targets(np.rot90(nuclei, 2).copy(), np.rot90(cells, 2).copy(), known, PIXEL_UM)
    assert np.allclose(np.rot90(upright.maps, 2, axes=(1, 2)), turned.maps, atol=1e-3)
    assert np.array_equal(np.rot90(upright.weight, 2), turned.weight)

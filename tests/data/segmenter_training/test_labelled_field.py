import numpy as np
import pytest

from data.segmenter_training.labelled_field import STAIN_SCALE, STORED_PIXEL_UM, make_labelled_field
from data.segmenter_training.stains import scale_stains


def field(shape: tuple[int, int] = (130, 94)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(6)
    image = random.integers(0, 256, (3, *shape), dtype=np.uint8)
    cells = np.zeros(shape, np.uint16)
    cells[20:100, 20:80] = 3
    nuclei = np.zeros(shape, np.uint16)
    nuclei[40:70, 40:60] = 3
    nuclei[0:5, 0:5] = 3
    return image, cells, nuclei


def test_field_is_halved_and_nuclei_stay_in_their_cells() -> None:
    image, cells, nuclei = field()
    made = make_labelled_field("a", "real", image, cells, nuclei, 0.08)
    assert made.pixel_um == STORED_PIXEL_UM
    assert made.cells.shape == made.nuclei.shape == made.stains.shape[1:] == (65, 47)
    means = image.reshape(3, 65, 2, 47, 2).mean(axis=(2, 4), dtype=np.float32) / np.float32(255)
    assert np.abs(made.stains - scale_stains(means) * STAIN_SCALE).max() <= 0.51
    assert made.cells.sum() == 3 * 40 * 30
    assert set(np.unique(made.nuclei)) == {0, 3}
    assert not made.nuclei[made.cells == 0].any()


def test_the_protein_is_scaled_like_the_stains_and_kept_apart() -> None:
    image, cells, nuclei = field()
    assert make_labelled_field("a", "real", image, cells, nuclei, 0.08).protein is None
    made = make_labelled_field("a", "real", np.concatenate([image, image[:1]]), cells, nuclei, 0.08)
    assert made.stains.shape[0] == 3
    assert made.protein is not None
    assert np.array_equal(made.protein, made.stains[0])


@pytest.mark.parametrize("pixel_size_um", [0.16, 0.32])
def test_coarser_fields_keep_their_size(pixel_size_um: float) -> None:
    image, cells, nuclei = field()
    made = make_labelled_field("a", "real", image, cells, nuclei, pixel_size_um)
    assert made.cells.shape == cells.shape
    assert made.pixel_um == pixel_size_um


def test_sixteen_bit_fields_are_the_same() -> None:
    image, cells, nuclei = field()
    eight = make_labelled_field("a", "real", image, cells, nuclei, 0.08)
    sixteen = make_labelled_field("a", "real", image.astype(np.uint16) * 257, cells, nuclei, 0.08)
    assert np.abs(eight.stains.astype(int) - sixteen.stains).max() <= 1

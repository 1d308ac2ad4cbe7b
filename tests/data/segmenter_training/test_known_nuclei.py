import numpy as np

from data.segmenter_training.known_nuclei import find_known_nuclei

PIXEL_UM = 0.32


def test_nuclei_are_found_in_dim_and_bright_cells() -> None:
    rows, columns = np.mgrid[:96, :160]
    cells = np.zeros((96, 160), np.int32)
    cells[8:88, 8:72] = 1
    cells[8:88, 80:152] = 2
    truth = np.zeros_like(cells)
    truth[(rows - 48) ** 2 + (columns - 40) ** 2 < 400] = 1
    truth[(rows - 40) ** 2 + (columns - 115) ** 2 < 300] = 2
    random = np.random.default_rng(4)
    blue = 0.02 + 0.9 * (truth == 1) + 0.08 * (truth == 2) + 0.005 * random.random(cells.shape)
    nuclei = find_known_nuclei(blue.astype(np.float32), cells, PIXEL_UM)
    for number in (1, 2):
        found, known = nuclei == number, truth == number
        assert (found & known).sum() / (found | known).sum() > 0.85
    assert not ((nuclei > 0) & (nuclei != cells)).any()


def test_a_cell_without_dna_has_no_nucleus_and_numbers_may_have_gaps() -> None:
    cells = np.zeros((40, 40), np.int32)
    cells[5:35, 5:35] = 7
    assert not find_known_nuclei(np.full((40, 40), 0.3, np.float32), cells, PIXEL_UM).any()

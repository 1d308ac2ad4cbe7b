import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.segmenters.postprocessing.contacts import find_contacts, join_pairs


def contacts_edge_by_edge(labels: np.ndarray, image: np.ndarray) -> dict[tuple[int, int], list[float]]:
    found: dict[tuple[int, int], list[float]] = {}
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            for other in ((y + 1, x), (y, x + 1)):
                if other[0] == height or other[1] == width:
                    continue
                low, high = sorted((int(labels[y, x]), int(labels[other])))
                if 0 < low < high:
                    found.setdefault((low, high), []).append(float(image[y, x] + image[other]) / 2)
    return found


@given(seed=st.integers(0, 500))
def test_contacts_equal_those_found_edge_by_edge(seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 5, (6, 7)).astype(np.int32)
    image = random.random((6, 7), dtype=np.float32)
    expected = contacts_edge_by_edge(labels, image)
    contacts = find_contacts(labels, image)
    pairs = list(zip(contacts.first.tolist(), contacts.second.tolist(), strict=True))
    assert set(pairs) == set(expected)
    for pair, length, height in zip(pairs, contacts.length_px, contacts.height, strict=True):
        assert length == len(expected[pair])
        assert height == pytest.approx(np.mean(expected[pair]), rel=1e-5)


def test_labels_that_do_not_meet_have_no_contacts() -> None:
    labels = np.zeros((5, 5), np.int32)
    labels[0, 0], labels[4, 4] = 1, 2
    contacts = find_contacts(labels, np.ones((5, 5), np.float32))
    assert contacts.first.size == contacts.height.size == 0


def test_chains_of_pairs_join_to_the_lowest_number() -> None:
    table = join_pairs(np.array([2, 4, 6]), np.array([4, 5, 7]), count=9)
    assert table.tolist() == [0, 1, 2, 3, 2, 2, 6, 6, 8]
    assert join_pairs(np.array([], int), np.array([], int), count=3).tolist() == [0, 1, 2]

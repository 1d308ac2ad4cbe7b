import numpy as np

from data.tables.sorted_texts import sort_texts


def test_each_text_once_in_order() -> None:
    endings = "é\U0001f9ec\ud800z"
    drawn = np.random.default_rng(1).integers(0, (3000, 4), (5000, 2)).tolist()
    texts = [f"{number}\0{endings[ending]}" for number, ending in drawn]
    assert list(sort_texts(texts)) == sorted(set(texts))


def test_nothing() -> None:
    assert list(sort_texts([])) == []


def test_more_than_fits_into_its_memory() -> None:
    texts = [f"{number * 7919 % 300_007:08d}{'x' * 60}" for number in range(200_000)]
    assert list(sort_texts(texts)) == sorted(texts)

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.tables.coded_texts import CodedTexts, as_texts, find_texts

TEXTS = st.lists(
    st.lists(st.sampled_from(["", "b", "a", "é", "Z", "ab", "\U0001f9ec", "\uffff"])), max_size=4
)


@given(TEXTS)
def test_the_texts_are_those_that_were_given(parts: list[list[str]]) -> None:
    coded = CodedTexts.encode(pa.array(part, pa.string()) for part in parts)
    texts = [text for part in parts for text in part]
    assert coded.tolist() == list(coded) == texts
    assert coded.texts.to_pylist() == list(dict.fromkeys(texts))
    ordered = coded.sort()
    assert ordered.tolist() == texts
    assert ordered.texts.to_pylist() == sorted(set(texts))
    assert coded.codes.dtype == ordered.codes.dtype == np.int32
    assert len(coded) == len(texts)
    numbers = coded.number(empty=-1)
    assert (numbers < 0).tolist() == [not text for text in texts]
    assert find_texts(pa.array(texts, pa.string()), ordered.texts).tolist() == ordered.codes.tolist()


def test_some_rows() -> None:
    coded = CodedTexts.of("abca")
    assert coded[np.array([3, 1])].tolist() == ["a", "b"]
    assert coded[np.array([True, False, True, False])].tolist() == ["a", "c"]
    assert coded[1:3].tolist() == ["b", "c"]
    assert coded[3] == "a"
    with pytest.raises(IndexError):
        coded[4]


def test_texts_that_are_stored_in_another_way() -> None:
    for kind in (pa.large_string(), pa.dictionary(pa.int8(), pa.string())):
        assert as_texts(pa.array(["a", "b"]).cast(kind)).to_pylist() == ["a", "b"]
    assert find_texts(pa.array(["x", "a"]), pa.array(["a"])).tolist() == [-1, 0]

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InputError
from data.labels.label_set import LabelSet, read_label_set
from data.predictions.prediction_string import (
    Triples,
    choose_triples,
    format_prediction_string,
    parse_prediction_string,
)

triple_lists = st.lists(
    st.tuples(
        st.integers(0, 18),
        st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.6g}")),
        st.text("abcXYZ019+/=", min_size=1, max_size=8),
    ),
    max_size=10,
)


@given(triple_lists)
def test_what_is_written_is_read(entries: list[tuple[int, float, str]]) -> None:
    labels, confidences, masks = ([entry[part] for entry in entries] for part in range(3))
    text = format_prediction_string(Triples(np.array(labels, np.int8), np.array(confidences), masks))
    read = parse_prediction_string(text, where="here")
    assert (read.labels.tolist(), read.confidences.tolist(), list(read.masks)) == (labels, confidences, masks)
    assert read.labels.dtype == np.int16
    assert read.confidences.dtype == np.float64


def test_six_digits_and_one_as_one() -> None:
    triples = Triples(np.array([0, 18], np.int8), np.array([1.0, 0.12345678]), ["a", "b"])
    assert format_prediction_string(triples) == "0 1 a 18 0.123457 b"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0 1 a 3", "4 tokens in PredictionString, which ends in '3'"),
        ("0 1", "2 tokens"),
        ("0 1 a 19 1 b", r"label '19' \(token 4 .*triple 2\); expected a class number 0\.\.18"),
        ("-1 1 a", "label '-1'"),
        ("1.0 1 a", r"label '1\.0'"),
        ("a 1 0", "label 'a'"),
        ("0 1 a 1 nan b", r"confidence 'nan' \(token 5 .*triple 2\); expected a finite number"),
        ("0 inf a", "confidence 'inf'"),
        ("0 high a", "confidence 'high'"),
    ],
)
def test_faulty_strings(text: str, found: str) -> None:
    with pytest.raises(InputError, match=f"^row 7: {found}"):
        parse_prediction_string(text, where="row 7")


def test_the_label_set_decides_which_numbers_there_are() -> None:
    hpa2018, many = read_label_set("hpa2018"), LabelSet(names=[f"class {number}" for number in range(300)])
    assert parse_prediction_string("27 1 a", hpa2018, where="here").labels.tolist() == [27]
    assert parse_prediction_string("299 1 a 128 1 a", many, where="here").labels.tolist() == [299, 128]
    with pytest.raises(
        InputError, match=r"label '28' .*expected a class number 0\.\.27 of the label set hpa2018;"
    ):
        parse_prediction_string("27 1 a 28 1 a", hpa2018, where="here")
    with pytest.raises(
        InputError, match=r"0\.\.18 of the label set hpa2021; name another with score\.label_set"
    ):
        parse_prediction_string("27 1 a", where="here")


def test_many_classes_are_written_as_they_are() -> None:
    probabilities = np.zeros((1, 300))
    probabilities[0, [127, 128, 299]] = 0.5, 0.25, 1
    assert (
        format_prediction_string(choose_triples(["a"], probabilities, 0.01)) == "299 1 a 127 0.5 a 128 0.25 a"
    )


def test_triples_are_chosen_and_sorted() -> None:
    probabilities = np.zeros((3, 19), np.float32)
    probabilities[0, [3, 4]] = 0.5, 0.009
    probabilities[1, [2, 18]] = 0.5, 0.75
    probabilities[2, 0] = 0.01
    triples = choose_triples(["a", "b", "c"], probabilities, 0.01)
    assert list(zip(triples.labels.tolist(), triples.masks, strict=True)) == [
        (18, "b"),
        (3, "a"),
        (2, "b"),
        (0, "c"),
    ]
    assert triples.confidences.tolist() == pytest.approx([0.75, 0.5, 0.5, 0.01])
    assert len(choose_triples(["a", "b", "c"], probabilities).labels) == 3 * 19
    assert format_prediction_string(choose_triples([], np.zeros((0, 19)), 0.01)) == ""

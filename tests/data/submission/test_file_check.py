import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.labels.label_set import read_label_set
from data.submission.file_check import check_submission
from data.submission.problem import KINDS
from data.submission.sample import read_sample
from tests.factories.submission.small_files import HEADER, disc, encode, encode_row_major, pack, write

A, B = encode(disc((14, 14), 9)), encode(disc((30, 44), 12))
EMPTY = encode(np.zeros((48, 64)))


def find(path: Path, sample: Path | None = None) -> list[tuple[str, int | None, str, int | None]]:
    check = check_submission(path, None if sample is None else read_sample(sample))
    return [(p.kind, p.line, p.image_id, p.triple) for p in check.problems.listed]


def test_a_good_file_has_no_problem(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", [f"a,64,48,7 1 {A}  16 .5 {A} 3 1e-05 {B}\t4 1. {B} ", "b,64,48,"])
    check = check_submission(path)
    assert (check.images, check.triples, check.masks) == (2, 4, 2)
    assert check.problems.counts == {}


@pytest.mark.parametrize(
    ("text", "kind", "triple"),
    [
        (f"19 1 {A}", "label", 1),
        (f"7 1 {A} -1 1 {B}", "label", 2),
        (f"Golgi 1 {A}", "label", 1),
        (f"7 1.01 {A}", "confidence", 1),
        (f"7 -0.1 {A}", "confidence", 1),
        (f"7 nan {A}", "confidence", 1),
        (f"7 inf {A}", "confidence", 1),
        (f"7 1_0 {A}", "confidence", 1),
        (f"7 1 {A} 7 1", "triples", None),
        (f"7 {A}", "triples", None),
        (f"7 1 {A[:5]}!{A[6:]}", "base64", 1),
        (f"7 1 {A[:-4]}", "zlib", 1),
        (f"7 1 b'{A}'", "base64", 1),
        ("7 1 AAAA", "zlib", 1),
        (f"7 1 {pack(b'o')}", "rle", 1),
        (f"7 1 {pack(bytes([5]))}", "rle", 1),
        (f"7 1 {pack(b'ooooooooO')}", "rle", 1),
        (f"7 1 {pack(b'01')}", "sum", 1),
        (f"7 1 {encode(disc((14, 14), 9, (96, 64)))}", "sum", 1),
        (f"7 1 {pack(b'0' * 2**24)}", "zlib", 1),
        (f"7 1 {A} 3 1 {EMPTY}", "empty", 2),
        (f"7 1 {A} 3 1 {B} 7 0.5 {A}", "duplicate", 3),
        (f"7 1 {A} 3 1 {encode(disc((20, 14), 9))}", "overlap", 2),
    ],
)
def test_each_problem_alone(tmp_path: Path, text: str, kind: str, triple: int | None) -> None:
    path = write(tmp_path / "s.csv", ["b,64,48,", f'a,64,48,"{text}"'])
    assert find(path) == [(kind, 3, "a", triple)]


def test_one_problem_hides_no_other(tmp_path: Path) -> None:
    turned = encode_row_major(disc((30, 44), 12))
    rows = [
        f"a,64,48,99 7 {A} 1 2 {B[:-4]} 2 0.5 {EMPTY} 3 1 {turned}",
        f"b,64,0,1 1 {A}",
        "b,64,48,7 1",
        ",64,48,",
        "c,64,48",
        f"d,64,48,0 1 {A} 0.5 {B} 2 1 {B}",
    ]
    assert find(write(tmp_path / "s.csv", rows)) == [
        ("label", 2, "a", 1),
        ("confidence", 2, "a", 1),
        ("confidence", 2, "a", 2),
        ("zlib", 2, "a", 2),
        ("empty", 2, "a", 3),
        ("transposed", 2, "a", 4),
        ("size", 3, "b", None),
        ("repeated", 4, "b", None),
        ("triples", 4, "b", None),
        ("id", 5, "", None),
        ("fields", 6, "c", None),
        ("triples", 7, "d", None),
    ]


def test_images_of_a_sample(tmp_path: Path) -> None:
    sample = write(
        tmp_path / "sample.csv", [f"{name},64,48,0 1 {EMPTY}" for name in ("a", "b", "c", "d", "e")]
    )
    rows = [f"a,48,64,0 1 {A}", "b.png,64,48,", "c,32,24,", f"d,x,48,0 1 {A}", "f,64,48,"]
    assert find(write(tmp_path / "s.csv", rows), sample) == [
        ("exchanged", 2, "a", None),
        ("unknown", 3, "b.png", None),
        ("size", 4, "c", None),
        ("size", 5, "d", None),
        ("unknown", 6, "f", None),
        ("id", None, "", None),
        ("missing", None, "b", None),
        ("missing", None, "e", None),
    ]


def test_row_major_masks_of_a_square_image_by_a_truth(tmp_path: Path) -> None:
    cells = [disc((14, 40), 9, (64, 64)), disc((50, 20), 10, (64, 64)), disc((30, 30), 6, (64, 64))]
    right, turned = ([code(cell) for cell in cells] for code in (encode, encode_row_major))
    truth = write(tmp_path / "t.csv", ["a,64,64," + " ".join(f"0 1 {mask}" for mask in right)])
    path = write(tmp_path / "s.csv", ["a,64,64," + " ".join(f"0 1 {mask}" for mask in turned)])
    # The third is the same either way.
    assert find(path, truth) == [("transposed", 2, "a", 1), ("transposed", 2, "a", 2)]
    assert find(path) == []
    assert find(truth, truth) == []


@pytest.mark.parametrize(
    ("header", "kinds"),
    [
        ("ID,ImageWidth,PredictionString\n", ["header"]),
        ("ID,ImageWidth,ImageHeight,PredictionString,Usage\n", ["header"]),
        ("ID,ImageWidth,ImageHeight,PredictionString,ID\n", ["header"]),
        (" ID, ImageWidth,ImageHeight ,PredictionString\n", []),
        ("PredictionString,ImageHeight,ImageWidth,ID\n", []),
        ("", ["header"]),
    ],
)
def test_headers(tmp_path: Path, header: str, kinds: list[str]) -> None:
    path = tmp_path / "s.csv"
    path.write_text(header)
    assert [kind for kind, *_ in find(path)] == kinds


def test_a_file_that_cannot_be_read_on(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text(HEADER + 'a,64,48,\nb,64,48,"7 1')
    assert [kind for kind, *_ in find(path)] == ["table"]
    path.write_bytes(HEADER.encode() + b"a,64,48,\nb,\xff,48,\n")
    assert [kind for kind, *_ in find(path)] == ["table"]
    for missing in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError):
            check_submission(missing)


def test_other_classes(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", [f"a,64,48,27 1 {A}"])
    assert not check_submission(path, label_set=read_label_set("hpa2018")).problems.counts
    assert check_submission(path).problems.counts == {"label": 1}


def test_sizes_without_bound(tmp_path: Path) -> None:
    rows = [f"a,1000000,1000000,0 1 {A}", f"b,{'9' * 400},48,0 1 {A}", f"c,999999999,999999999,0 1 {A}"]
    found = find(write(tmp_path / "s.csv", rows))
    assert [kind for kind, *_ in found] == ["size", "size", "size"]


def test_masks_that_unpack_to_far_more_than_cells_do(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("data.masks.run_budget.MAX_IMAGE_RUNS", 1000)
    noise = [np.random.default_rng(n).random((48, 64)) < 0.5 for n in range(3)]
    path = write(tmp_path / "s.csv", ["a,64,48," + " ".join(f"0 1 {encode(n)}" for n in noise), "b,64,48,7"])
    assert find(path) == [("bomb", 2, "a", None), ("triples", 3, "b", None)]
    monkeypatch.setattr("data.masks.run_budget.MAX_FILE_RUNS", 1000)
    monkeypatch.setattr("data.masks.run_budget.RUNS_PER_CHARACTER", 0)
    assert find(path) == [("bomb", 2, "a", None)]


def test_a_compressed_file_that_unpacks_to_far_more(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("data.predictions.submission_table._ANY_RATIO", 10_000)
    path = tmp_path / "s.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "a,64,48,\n" * 20_000).encode()))
    check = check_submission(path)
    assert check.problems.counts["table"] == 1
    assert check.problems.listed[-1].found.endswith("unpacks to more than 100 times its size)") or (
        check.problems.counts["repeated"] > 0
    )


def test_lines_and_rows_are_bounded(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("data.predictions.submission_table._MAX_LINE", 100)
    path = write(tmp_path / "s.csv", ["a,64,48,", f"b,64,48,0 1 {'A' * 100}"])
    assert find(path) == [("table", 3, "", None)]
    monkeypatch.setattr("data.predictions.submission_table._MAX_ROWS", 1)
    assert find(write(path, ["a,64,48,", "b,64,48,"])) == [("table", 3, "", None)]


def test_problems_beyond_a_bound_are_counted(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("data.submission.problem.MAX_LISTED", 3)
    check = check_submission(write(tmp_path / "s.csv", ["a,0,48,"] * 9))
    assert len(check.problems.listed) == 3
    assert check.problems.counts == {"size": 9, "repeated": 8}


TOKENS = st.one_of(
    st.sampled_from(["0", "18", "19", "1.0", "1e-3", "nan", A, B, EMPTY, A[:-4], "b''", "=", "\x00", "é"]),
    st.text(max_size=12),
    st.binary(max_size=40).map(pack),
    st.lists(st.sampled_from(list(b"0123PQo_")), max_size=40).map(bytes).map(pack),
)
FIELDS = st.one_of(
    st.sampled_from(["64", "48", "0", "-1", "1000000", "4294967295", "x", ""]), st.text(max_size=8)
)


@st.composite
def rows(draw: st.DrawFn) -> str:
    text = " ".join(draw(st.lists(TOKENS, max_size=12)))
    fields = [draw(st.sampled_from(["a", "b", "", "../c", '"'])), draw(FIELDS), draw(FIELDS), text]
    return ",".join(fields)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.lists(rows(), max_size=4).map("\n".join).map(str.encode), st.binary(max_size=200)))
def test_any_file_is_checked_to_its_end(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(HEADER.encode() + content.replace(b"\xed", b""))
    check = check_submission(path, read_sample(write(tmp_path / "t.csv", [f"a,64,48,0 1 {B}"])))
    assert set(check.problems.counts) <= set(KINDS)
    for problem in check.problems.listed:
        assert problem.line is None or problem.line >= 1
        assert problem.triple is None or 1 <= problem.triple <= check.triples

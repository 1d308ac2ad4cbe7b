import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.compare.agreement import compare_cells
from data.compare.verdicts import VERDICTS, judge_cells
from data.errors import InputError

LABELS = arrays(np.uint16, (6, 8), elements=st.integers(0, 5))


def _judge_plainly(a: np.ndarray, b: np.ndarray, threshold: float) -> set[tuple[int, int, float, str]]:
    """Follow the definitions cell by cell, with masks."""
    numbers = [[int(number) for number in np.unique(labels) if number] for labels in (a, b)]

    def shared(p: int, q: int) -> int:
        return np.count_nonzero((a == p) & (b == q))

    def iou(p: int, q: int) -> float:
        return shared(p, q) / np.count_nonzero((a == p) | (b == q))

    def lies_in_a(q: int, p: int) -> bool:
        return shared(p, q) > np.count_nonzero(b == q) / 2

    def lies_in_b(p: int, q: int) -> bool:
        return shared(p, q) > np.count_nonzero(a == p) / 2

    rows, explained = set(), set()
    for p in numbers[0]:
        matches = [q for q in numbers[1] if iou(p, q) >= threshold]
        parts = [q for q in numbers[1] if lies_in_a(q, p)]
        hosts = [q for q in numbers[1] if lies_in_b(p, q) and sum(lies_in_b(o, q) for o in numbers[0]) > 1]
        if matches:
            verdict, seen = "matched", matches
        elif len(parts) > 1 and np.isin(b[a == p], parts).mean() > 0.5:
            verdict, seen = "split", parts + hosts
        else:
            verdict, seen = ("merged", hosts) if hosts else ("missed", [])
        explained |= set(seen)
        best = max([q for q in numbers[1] if shared(p, q)], key=lambda q: (iou(p, q), -q), default=0)
        rows.add((p, best, iou(p, best) if best else 0.0, verdict))
    for q in numbers[1]:
        if q not in explained:
            best = max([p for p in numbers[0] if shared(p, q)], key=lambda p: (iou(p, q), -p), default=0)
            rows.add((best, q, iou(best, q) if best else 0.0, "extra"))
    return rows


def _judge(a: list[int], b: list[int]) -> list[tuple]:
    table = judge_cells(np.array([a]), np.array([b]))
    return list(zip(table["cell_a"], table["cell_b"], table["verdict"], strict=True))


def test_every_verdict_by_hand() -> None:
    assert _judge([1, 1, 1, 1, 0], [4, 4, 4, 0, 0]) == [(1, 4, "matched")]
    assert _judge([1, 1, 1, 1, 1, 1], [2, 2, 2, 0, 3, 3]) == [(1, 2, "split")]
    assert _judge([1, 1, 1, 0, 2, 2], [5, 5, 5, 5, 5, 5]) == [(1, 5, "merged"), (2, 5, "merged")]
    assert _judge([1, 1, 1, 1, 0, 0], [0, 0, 0, 2, 2, 2]) == [(1, 2, "missed"), (1, 2, "extra")]
    assert _judge([3, 3, 0, 0], [0, 0, 1, 1]) == [(3, 0, "missed"), (0, 1, "extra")]


def test_a_matched_cell_may_swallow_a_small_one_and_lose_a_piece() -> None:
    assert _judge([1] * 8 + [2] * 2, [7] * 10) == [(1, 7, "matched"), (2, 7, "merged")]
    assert _judge([1] * 10, [7] * 8 + [6] * 2) == [(1, 7, "matched"), (1, 6, "extra")]


@given(a=LABELS, b=LABELS, threshold=st.sampled_from([0.51, 0.6, 0.9]))
def test_equals_the_definitions(a: np.ndarray, b: np.ndarray, threshold: float) -> None:
    table = judge_cells(a, b, threshold)
    rows = {tuple(row) for row in table.itertuples(index=False)}
    assert rows == _judge_plainly(a, b, threshold)
    assert len(rows) == len(table)
    assert set(table["verdict"]) <= set(VERDICTS)
    agreement = compare_cells(a, b, threshold)
    assert agreement.matched_cells == (table["verdict"] == "matched").sum()
    assert agreement.reference_cells == (table["verdict"] != "extra").sum()


def test_fields_without_cells() -> None:
    empty, one = np.zeros((3, 4), np.uint16), np.ones((3, 4), np.uint16)
    assert judge_cells(empty, empty).empty
    assert judge_cells(empty, one)["verdict"].tolist() == ["extra"]
    assert judge_cells(one, empty)["verdict"].tolist() == ["missed"]


def test_other_sizes_and_thresholds_are_refused() -> None:
    with pytest.raises(InputError, match="one size"):
        judge_cells(np.zeros((3, 4), int), np.zeros((4, 3), int))
    with pytest.raises(InputError, match="IoU threshold"):
        judge_cells(np.zeros((3, 4), int), np.zeros((3, 4), int), threshold=0.5)

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from stages.weights.check import RuntimeFidelity, check_runtimes, format_fidelity, list_runtimes


class Classifier:
    """Answers with a table of its own, whatever the tiles."""

    def __init__(self, probabilities: list[list[float]], embeddings: list[list[float]]) -> None:
        self._table = pd.DataFrame(probabilities, columns=["p_0", "p_1"])
        self._table["embedding"] = [np.array(row, np.float32) for row in embeddings]
        self.asked: list[object] = []

    def classify(self, tiles: object, *, embedding: bool) -> pd.DataFrame:
        assert embedding
        self.asked.append(tiles)
        return self._table


class Tiles:
    def __init__(self, *dropped: str) -> None:
        self.table = pd.DataFrame({"dropped": dropped})


def test_runtimes_are_compared_with_the_first_on_all_fields_but_the_first() -> None:
    classifiers = {
        "torch": Classifier([[0.9, 0.1], [0.4, 0.6]], [[1, 0], [0, 2]]),
        "fast": Classifier([[0.8, 0.1], [0.5, 0.45]], [[1, 1], [0, 1]]),
    }
    fields = [Tiles(""), Tiles("too small"), Tiles("", ""), Tiles("")]
    done: list[int] = []
    found = check_runtimes(classifiers.__getitem__, fields, ["torch", "fast"], done.append)  # type: ignore[arg-type]
    assert classifiers["fast"].asked == [fields[0], fields[2], fields[3]]
    assert done == [4, 4]
    same, fast = found
    assert (same.cosine_least, same.same_class, same.largest_difference) == (1, 1, 0)
    assert fast.cosine_least == pytest.approx(np.sqrt(0.5))
    assert fast.cosine_median == pytest.approx((1 + np.sqrt(0.5)) / 2)
    assert fast.same_class == 0.5
    assert fast.largest_difference == pytest.approx(0.15)


def test_two_fields_are_needed() -> None:
    with pytest.raises(InputError, match="1 fields with cells"):
        check_runtimes(dict[str, Classifier]().__getitem__, [Tiles(""), Tiles("dark")], ["torch"])  # type: ignore[arg-type]


def test_a_table_with_a_row_per_runtime() -> None:
    found = [
        RuntimeFidelity("torch", 2.0, 1.0, 1.0, 1.0, 0.0),
        RuntimeFidelity("fast", 5.0, 0.99, 0.5, 0.75, 0.125),
    ]
    lines = format_fidelity(found).splitlines()
    assert lines[2].split() == ["fast", "5.00", "2.50", "0.9900", "0.5000", "75.0%", "0.1250"]
    assert len({len(line) for line in lines}) == 1


def test_the_reference_comes_first() -> None:
    names = list_runtimes()
    assert names[0] == "torch"
    assert len(set(names)) == len(names)

from pathlib import Path

import pytest

from data.errors import InputError
from data.labels.label_set import LabelSet
from stages.inspect.given_labels import compare_labels, read_given_labels

CLASSES = LabelSet(names=("Dim", "Bright"))


def test_labels_by_name(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("ID,Label\na,1|0\nb,bright\nother,0\n")
    assert read_given_labels(path, CLASSES, ["a", "b", "c"]) == {"a": ("Dim", "Bright"), "b": ("Bright",)}
    with pytest.raises(InputError, match="none of the 1 images has a label"):
        read_given_labels(path, CLASSES, ["c"])


@pytest.mark.parametrize(
    ("predicted", "given", "verdict"),
    [
        (["a"], ["a"], "right"),
        (["b", "a"], ["a", "b"], "right"),
        (["a"], ["a", "b"], "partly"),
        (["a", "c"], ["a"], "partly"),
        (["c"], ["a", "b"], "wrong"),
        ([], ["a"], "wrong"),
        (["a"], [], ""),
        (None, ["a"], ""),
    ],
)
def test_verdicts(predicted: list[str] | None, given: list[str], verdict: str) -> None:
    assert compare_labels(predicted, given) == verdict

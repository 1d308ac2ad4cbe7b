from pathlib import Path

from pipeline.runs.failures import summarise_failures
from stages.stage import Failure

MANIFEST = Path("w/segment.json")


def test_few_are_told_one_by_one() -> None:
    failures = [Failure(name, f"field {name}: no red channel") for name in "abc"]
    assert list(summarise_failures(failures, MANIFEST)) == [
        f"{name}: field {name}: no red channel" for name in "abc"
    ]


def test_many_of_a_kind_are_told_once_with_an_example() -> None:
    failures = [
        Failure(f"A{n}", f"/data/plate {n % 2}/A{n}_red.png: {n + 3} px, expected a whole file")
        for n in range(120)
    ]
    other = Failure("B1", "no such file")
    told = list(summarise_failures([*failures[:60], other, *failures[60:]], MANIFEST))
    assert told == [
        "120 alike, such as A0: /data/plate 0/A0_red.png: 3 px, expected a whole file; likewise A1, A2, "
        "A3 ... (all are listed in w/segment.json)",
        "B1: no such file",
    ]


def test_names_that_are_patterns() -> None:
    failures = [Failure(f"a(+{n}", f"field a(+{n}: broken") for n in range(5)]
    assert len(list(summarise_failures(failures, MANIFEST))) == 1

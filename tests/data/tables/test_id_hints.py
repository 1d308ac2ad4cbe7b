import pytest

from data.tables.id_hints import explain_ids


@pytest.mark.parametrize(
    ("given", "known", "why"),
    [
        ("a.png", "a", "the ending of a file"),
        ("a", "a.PNG", "the ending of a file"),
        ("a.ome.tiff", "a", "the ending of a file"),
        ("a.tif.gz", "a", "the ending of a file"),
        ("a_green", "a", "the channel after them"),
        ("a_green.png", "a", "the ending of a file and the channel after them"),
        (" a", "a", "blanks around them"),
        ("plate1/a", "a", "the folder before them"),
        ("D:\\plate1\\a.tif", "a", "the folder before them and the ending of a file"),
        ("A", "a", "letter case"),
        ("7", "007", "how numbers are written"),
        ("7.0", "007", "how numbers are written"),
        ("well 7", "well 07", "how numbers are written"),
        ("7.tif", "007", "the ending of a file and how numbers are written"),
        ("x/A_Red.PNG ", "a", "blanks around them and the folder before them"),
    ],
)
def test_what_alone_differs(given: str, known: str, why: str) -> None:
    told = explain_ids([given, "other"], [known, "b"])
    assert told.startswith(f"1 of them differ by {why}")
    assert told.endswith(f"{given!r} for {known!r}")


def test_nothing_is_said_of_equal_or_unlike_ids() -> None:
    assert explain_ids(["a"], ["a", "b"]) == ""
    assert explain_ids(["x", "y"], ["a", "b"]) == ""
    assert explain_ids(["70", "a1.5", "0"], ["7", "a1.05", "00x"]) == ""
    assert explain_ids([], ["a"]) == explain_ids(["a"], []) == ""


def test_their_number_is_told() -> None:
    assert explain_ids(["a.png", "b.png", "c"], ["a", "b"]).startswith("2 of them differ")

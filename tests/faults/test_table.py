import pytest

from tests.factories.whole_job.tally import Tally
from tests.faults.table import BEGIN, END, format_table, insert


def test_one_row_per_fault_with_its_sums() -> None:
    tallies = [
        Tally("killed", "crops", right=3, mended=1, wrong=["a"]),
        Tally("cut", "masks", right=1),
        Tally("killed", "train", right=2),
    ]
    assert format_table(tallies).splitlines()[2:] == [
        "| killed | 2 | 7 | 5 | 1 | 1 |",
        "| cut | 1 | 1 | 1 | 0 | 0 |",
    ]


def test_figures_take_the_place_of_earlier_ones() -> None:
    page = f"a\n{BEGIN}\nold\n{END}\nb\n"
    assert insert(page, "new") == f"a\n{BEGIN}\nnew\n{END}\nb\n"
    with pytest.raises(ValueError, match="unpack"):
        insert("no marks", "new")

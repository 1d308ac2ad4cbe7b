import logging
from pathlib import Path

import pandas as pd
import pytest

from data.errors import InputError
from data.labels.corrections import match_corrections, read_corrections
from data.labels.label_set import LabelSet
from tests.factories.cells_table import make_cells_table

CLASSES = LabelSet(names=("Dim", "Bright", "=Odd"))
HEADER = "ID,Cell,Mark,Label,Predicted,ImageLabel,y0,x0,y1,x1,Area\n"


def write(path: Path, text: str, header: str = HEADER) -> Path:
    path.write_text(header + text)
    return path


def make_cells() -> pd.DataFrame:
    return make_cells_table(["a", "a", "b"], y0=1, x0=2, y1=3, x1=4, area_px=5)


def test_every_mark(tmp_path: Path) -> None:
    rows = """a,1,right,Dim|Bright,Dim|Bright,,1,2,3,4,5
a,2,Class,'=Odd,Dim,,1,2,3,4,5
b,1,mask,,Dim,,1,2,3,4,5
b,2,wrong,,Dim,,1,2,3,4,5
b,3,class,,,,1,2,3,4,5
"""
    found = read_corrections(write(tmp_path / "c.csv", rows), CLASSES)
    classes = {key: correction.classes for key, correction in found.items()}
    assert classes == {("a", 1): (0, 1), ("a", 2): (2,), ("b", 1): None, ("b", 2): None, ("b", 3): ()}
    assert found["a", 1].measures == {"y0": 1, "x0": 2, "y1": 3, "x1": 4, "Area": 5}
    assert found["a", 2].line == 3


def test_those_written_by_hand_need_four_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", "a;1;class;1\n", "ID;Cell;Mark;Label\n")
    assert read_corrections(path, CLASSES)["a", 1].classes == (1,)
    with pytest.raises(InputError, match="no column Mark and no column Label"):
        read_corrections(write(path, "a,1\n", "ID,Cell\n"), CLASSES)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("a,1,maybe,Dim", "line 2: Mark 'maybe'; expected one of right, wrong, class, mask"),
        ("a,one,class,Dim", "Cell 'one'"),
        ("a,-1,class,Dim", "Cell '-1'"),
        (" ,1,class,Dim", "an empty ID"),
        ("a,1,class,Dark", "label 'Dark' is not a class"),
        ("a,1,wrong,Dim", "Label 'Dim' of a cell with the mark wrong"),
        ("a,1,right,,Dim", "no Label of a cell whose prediction is right"),
        ("a,1,mask,,,,1.5,2,3,4,5", "y0 '1.5'"),
        ("a,1,class,Dim\na,1,mask,", "line 3: cell 1 of a is there a second time"),
    ],
)
def test_what_cannot_be_followed(tmp_path: Path, row: str, found: str) -> None:
    lines = [line + "," * (10 - line.count(",")) for line in row.split("\n")]
    with pytest.raises(InputError) as raised:
        read_corrections(write(tmp_path / "c.csv", "\n".join(lines) + "\n"), CLASSES)
    assert found in str(raised.value)


def test_a_file_without_a_row(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no correction"):
        read_corrections(write(tmp_path / "c.csv", ""), CLASSES)
    with pytest.raises(InputError, match=r"c\.csv"):
        read_corrections(tmp_path / "none" / "c.csv", CLASSES)


def test_the_cells_must_be_those_that_were_marked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = "a,1,class,Dim,,,1,2,3,4,5\nb,1,mask,,,,1,2,3,4,5\nc,7,mask,,,,1,2,3,4,5\n"
    path = write(tmp_path / "c.csv", rows)
    with caplog.at_level(logging.WARNING):
        matched = match_corrections(read_corrections(path, CLASSES), make_cells(), lambda: ["a", "b"], path)
    assert matched == {("a", 1): (0,), ("b", 1): None}
    assert "1 of 3 corrections are of cells that are not here, first cell 7 of c" in caplog.text
    write(path, "a,1,class,Dim,,,1,2,3,4,6\n")
    with pytest.raises(InputError, match="line 2: cell 1 of a with Area = 6, which is now 5"):
        match_corrections(read_corrections(path, CLASSES), make_cells(), lambda: ["a", "b"], path)
    write(path, "A,1,class,Dim,,,1,2,3,4,6\n")
    with pytest.raises(InputError, match="1 of 1 corrections are of cells that are not here"):
        match_corrections(read_corrections(path, CLASSES), make_cells(), lambda: ["a", "b"], path)


def test_right_without_the_classes_that_were_predicted(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", "a,1,right,\n", "ID,Cell,Mark,Label\n")
    with pytest.raises(InputError, match="name them, or, if it has none, write class in place of right"):
        read_corrections(path, CLASSES)
    path = write(tmp_path / "c.csv", "a,1,right,,\n", "ID,Cell,Mark,Label,Predicted\n")
    assert read_corrections(path, CLASSES)["a", 1].classes == ()


def test_ids_that_a_spreadsheet_changed_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(
        tmp_path / "c.csv", "8\t1\tmask\t\tx\n7\t1\tclass\tDim\tx\n", "ID\tCell\tMark\tLabel\tNote\n"
    )
    cells = make_cells_table(["007", "8"], y0=1, x0=2, y1=3, x1=4, area_px=5)
    with caplog.at_level(logging.WARNING):
        assert match_corrections(read_corrections(path, CLASSES), cells, lambda: ["007", "8"], path) == {
            ("8", 1): None
        }
    assert "1 of them differ by how numbers are written alone: '7' for '007'" in caplog.text

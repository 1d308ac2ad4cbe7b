"""Tables of teams in both shapes, with broken rows."""

from pathlib import Path

import pytest

from data.errors import InputError
from data.labels.label_set import HPA2021
from data.score.team_table import read_team_table

COUNT = len(HPA2021.names)


def write_wide(path: Path, header: list[str], rows: dict[str, list[str]]) -> Path:
    lines = [",".join(["Team", *header]), *(",".join([team, *values]) for team, values in rows.items())]
    path.write_text("\n".join([*lines, ""]))
    return path


@pytest.mark.parametrize("kind", ["number", "name", "ap"])
def test_wide_tables_and_broken_rows(tmp_path: Path, kind: str) -> None:
    header = {
        "number": [str(number) for number in range(COUNT)],
        "name": [f'"{name}"' for name in HPA2021.names],
        "ap": [f"AP_{number}" for number in range(COUNT)],
    }[kind]
    rows = {
        "team_1": ["0.5"] * COUNT,
        "team_2": ["0.4"] * COUNT,
        "team_3": ["0.6"] * (COUNT - 1) + [""],
        "team_4": ["0.6"] * (COUNT - 1) + ["0"],
        "team_5": ["1.6"] + ["0.6"] * (COUNT - 1),
        "team_6": ["x"] + ["0.6"] * (COUNT - 1),
    }
    table = read_team_table(write_wide(tmp_path / "t.csv", header, rows), HPA2021)
    assert table.teams == ("team_1", "team_2")
    assert table.left_out == {
        "team_3": "no AP of Negative",
        "team_4": "the AP of Negative is 0",
        "team_5": "the AP of Nucleoplasm is 1.6",
        "team_6": "the AP of Nucleoplasm is 'x'",
    }
    ours: list[float | None] = [0.45, 0.5, 0.3, None, *[0.9] * (COUNT - 4)]
    assert table.find_places(ours) == [2, 1, 3, None, *[1] * (COUNT - 4)]
    assert table.find_mean_place(ours) == 1
    assert table.find_mean_place([0.45, *[None] * (COUNT - 1)]) == 2
    assert table.find_mean_place([None] * COUNT) is None


def test_long_tables(tmp_path: Path) -> None:
    lines = ["team,Class,LabelName,AP_public,AP_private"]
    for number, name in enumerate(HPA2021.names):
        lines += [f'{team},{number},"{name}",0.9,{value}' for team, value in (("a", 0.5), ("b", 0.2))]
    lines += ["c,0,Nucleoplasm,0.9,0.9", "b,3,Nucleoli fibrillar center,0.1,0.1"]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    table = read_team_table(tmp_path / "t.csv", HPA2021)
    assert table.teams == ("a",)
    assert table.values.tolist() == [[0.5] * COUNT]
    assert table.left_out == {"b": "two APs of Nucleoli fibrillar center", "c": "no AP of Nuclear membrane"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("team,0,1\na,0.1,0.2\n", "no column of the class Nucleoli, nor of 16 others"),
        ("team,Class,AP\na,no such,0.2\n", "line 2: class 'no such'"),
        ("team,Class,AP\na,1,0.2\n", "no team with an AP of every class .a: no AP of Nucleoplasm"),
        ("team,Class,AP\n", "no team with an AP of every class .there is no row"),
        ("", "empty"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_team_table(tmp_path / "t.csv", HPA2021)


def test_a_spreadsheet_is_read_where_that_is_possible(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["team", "Class", "AP_private"])
    for number in range(COUNT):
        book.active.append(["a", number, 0.5])
    book.save(tmp_path / "t.xlsx")
    assert read_team_table(tmp_path / "t.xlsx", HPA2021).values.tolist() == [[0.5] * COUNT]
    wide = openpyxl.Workbook()
    wide.active.append(["Team", *range(COUNT)])
    wide.active.append(["a", *[0.25] * COUNT])
    wide.active.append(["b", *[0.25] * (COUNT - 1)])
    wide.save(tmp_path / "w.xlsx")
    table = read_team_table(tmp_path / "w.xlsx", HPA2021)
    assert (table.teams, table.values.tolist()) == (("a",), [[0.25] * COUNT])
    (tmp_path / "bad.xlsx").write_text("none")
    with pytest.raises(InputError, match="cannot be read as a spreadsheet"):
        read_team_table(tmp_path / "bad.xlsx", HPA2021)

"""CSV files that spreadsheets open: nothing in them runs, and everything can be read back."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.tables.csv_file import escape_cell, unescape_cell, write_csv, write_csv_parts

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+A1", "'+A1"),
        ("-A1", "'-A1"),
        ("-", "'-"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("-1+1", "'-1+1"),
        ("-1.5", "-1.5"),
        ("+3", "+3"),
        ("-1e-05", "-1e-05"),
        ("-.5", "-.5"),
        ("-inf", "-inf"),
        ("A=1", "A=1"),
        ("", ""),
        ("'", "'"),
        ("'A", "'A"),
        ("'=1", "''=1"),
        ("'-1.5", "''-1.5"),
    ],
)
def test_what_a_spreadsheet_would_run_is_text(text: str, written: str) -> None:
    assert escape_cell(text) == written
    assert unescape_cell(written) == text


@given(st.text(alphabet="'=+-@\t\r\n1.5eA\uff1d", max_size=6))
@example("'" * 5 + "=")
def test_every_text_comes_back(text: str) -> None:
    written = escape_cell(text)
    assert unescape_cell(written) == text
    assert re.match(r"[=+\-@\t\r\n]", written) is None or float(text) is not None


def test_texts_of_cells_columns_and_rows_are_escaped_and_numbers_are_not(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "=name": ["=a", "-b"],
            "value": [-1.5, np.nan],
            "-1": [-2, 3],
            "mixed": ["@x", -4],
            "flag": [True, False],
        },
        index=pd.Index(["+row", "plain"], name="names"),
    )
    write_csv(tmp_path / "table.csv", table, index=True, float_format="%.6g")
    with (tmp_path / "table.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["names", "'=name", "value", "-1", "mixed", "flag"],
            ["'+row", "'=a", "-1.5", "-2", "'@x", "True"],
            ["plain", "'-b", "", "3", "-4", "False"],
        ]


def test_categories_and_empty_tables(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", pd.DataFrame({"x": pd.Categorical(["=a", "b"])}))
    assert (tmp_path / "a.csv").read_text() == "x\n'=a\nb\n"
    write_csv(tmp_path / "b.csv", pd.DataFrame([], columns=["=x", "y"]))
    assert (tmp_path / "b.csv").read_text() == "'=x,y\n"


def test_a_table_is_written_as_pandas_would(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"a": ["x", None, 'q"q', "c,d"], "b": [1, 2, 3, 4], "c": [0.123456789, -1, 2, np.inf]}
    )
    write_csv(tmp_path / "a.csv", table, float_format="%.6g")
    table.to_csv(tmp_path / "b.csv", index=False, float_format="%.6g")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_no_other_file_writes_csv() -> None:
    """Kaggle submissions, whose IDs Kaggle must know again, and a table of escaped names, part by part."""
    writers = {
        path.relative_to(ROOT).as_posix()
        for package in ("data", "models", "stages", "pipeline")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"\.to_csv\(|csv\.writer\(|csv\.DictWriter\(", path.read_text(encoding="utf-8"))
    }
    assert writers == {
        "data/tables/csv_file.py",
        "data/predictions/submission.py",
        "stages/export/subcell_portable.py",
    }


def test_parts_are_the_table_that_is_written_at_once(tmp_path: Path) -> None:
    table = pd.DataFrame({"=a": ["=1+1", "b", ""], "x": [1.23456789, -2.0, np.nan], "n": [1, 2, 3]})
    write_csv(tmp_path / "whole.csv", table, float_format="%.3g")
    with write_csv_parts(tmp_path / "parts.csv", float_format="%.3g") as append:
        for part in (slice(0, 0), slice(0, 2), slice(2, 3)):
            append(table.iloc[part])
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    with write_csv_parts(tmp_path / "tab.tsv", separator="\t") as append:
        append(table.iloc[:0])
    assert (tmp_path / "tab.tsv").read_text() == "'=a\tx\tn\n"


def test_exact_parts_hold_the_same(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "=a": ["=1+1", 'b,"c"', ""],
            "x": np.array([0.1, -2.0, np.nan], np.float32),
            "y": [1 / 3, np.inf, 1e-9],
            "n": [1, 2, 3],
        }
    )
    with write_csv_parts(tmp_path / "a.csv", exact=True) as append:
        for part in (slice(0, 0), slice(0, 2), slice(2, 3)):
            append(table.iloc[part])
    found = pd.read_csv(tmp_path / "a.csv", keep_default_na=False, na_values={"x": [""]})
    assert list(found) == ["'=a", "x", "y", "n"]
    assert found["'=a"].tolist() == ["'=1+1", 'b,"c"', ""]
    np.testing.assert_array_equal(found["x"].to_numpy(np.float32), table["x"])
    np.testing.assert_array_equal(found["y"], table["y"])

import codecs
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from data.errors import InputError
from data.tables import text_table
from data.tables.text_table import TextTable, read_text_table


def read(tmp_path: Path, content: str | bytes) -> pd.DataFrame:
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_text_table(path, "a CSV with the columns ID,Label")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_ends_of_lines_and_encodings(
    tmp_path: Path, separator: str, end: str, encoding: str
) -> None:
    text = end.join(separator.join(row) for row in (("ID", "Label"), ("aµ", "0|1"), ("b", ""))) + end
    table = read(tmp_path, text.encode(encoding))
    assert table.to_dict("list") == {"ID": ["aµ", "b"], "Label": ["0|1", ""]}
    assert table.index.tolist() == [2, 3]


def test_the_lines_are_those_of_the_file(tmp_path: Path) -> None:
    table = read(tmp_path, '\nID,Label\n\na,0\n"b\nb","1\n2"\n,\n  \nc,3\n')
    assert table["ID"].tolist() == ["a", "b\nb", "c"]
    assert table.index.tolist() == [4, 5, 10]


def test_separators_in_quotes_and_a_comma_in_a_semicolon_table(tmp_path: Path) -> None:
    assert read(tmp_path, 'ID,Label\n"a,b",0\n')["ID"].tolist() == ["a,b"]
    assert read(tmp_path, "ID;Label\na,b;0\n")["ID"].tolist() == ["a,b"]


def test_one_column(tmp_path: Path) -> None:
    assert read(tmp_path, "ID\na\nb").to_dict("list") == {"ID": ["a", "b"]}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("ID,Label\na,0\n\nb,1,2\n", "line 4: 3 fields; expected 2, as in the header"),
        ("ID,Label\na\n", "line 2: 1 fields"),
        ("ID,ID\na,0\n", "line 1: the column ID twice"),
        (b"ID,Label\na,0\n\xb5,1\n", "line 3: cannot be read as a table (no UTF-8 text: byte 0xb5)"),
        ('ID,Label\n"a,0\nb,1\n', "line 2: cannot be read as a table"),
        (codecs.BOM_UTF16_LE + b"a", "no UTF-8 text"),
        (b"ID,Label\0\na,0\n", "null bytes"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "table.csv: cannot be read as a table (it has null bytes)"),
        (b"\xd0\xcf\x11\xe0rest", "a spreadsheet (xls)"),
    ],
)
def test_faults_name_the_line(tmp_path: Path, content: str | bytes, told: str) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, content)
    assert told in str(error.value)


def test_a_spreadsheet_is_refused_with_the_command_that_converts_it(tmp_path: Path) -> None:
    path = tmp_path / "my table.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(InputError, match=r"libreoffice --headless --convert-to csv '.*my table.xlsx'"):
        read_text_table(path, "a CSV")


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="expected a CSV"):
        read_text_table(tmp_path / name, "a CSV")


def test_rows_are_read_as_often_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("ID , Label\na,0\n\nb,1\n")
    table = TextTable(path, "a CSV")
    assert (table.columns, len(table)) == (("ID", "Label"), 2)
    assert list(table.read()) == list(table.read()) == [(2, ["a", "0"]), (4, ["b", "1"])]
    path.write_text("ID,Label\na,0\n")
    with pytest.raises(InputError, match="another file than a moment ago"):
        table.read()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_characters_on_both_sides_of_a_block(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_table, "_BLOCK_BYTES", 3)
    assert read(tmp_path, "ID\n\u00b5\U0001f9ec\u00b5\n".encode(encoding))["ID"].tolist() == ["µ🧬µ"]
    content = "ID\nµµ\nb\n".encode("utf-8-sig" if encoding == "utf-8-sig" else "utf-8")
    with pytest.raises(InputError, match="line 4: .*no UTF-8 text: byte 0xb5"):
        read(tmp_path, content + b"aa\xb5,1\nc\n")
    with pytest.raises(InputError, match="null bytes"):
        read(tmp_path, content + b"\xb5 and then a null\0")

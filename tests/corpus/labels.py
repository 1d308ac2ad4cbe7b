"""Label files that are damaged, in another form, or of other images."""

import json
import re
import zipfile
from collections.abc import Mapping
from io import BytesIO

from tests.corpus.case import Case, Outcome, Place
from tests.corpus.stock import write_field

RIGHT = {"a": [7], "b": [0, 16]}
NONE: Mapping[str, list[int]] = {"a": [], "b": []}


def label_file(
    name: str,
    content: str | bytes,
    told: str = "",
    labels: Mapping[str, list[int]] = RIGHT,
    warned: str = "",
) -> Case:
    """Return a case of a label file for the fields a and b.

    Parameters
    ----------
    name
        What is odd.
    content
        The file.
    told
        Pattern of the line that refuses it.
    labels
        The labels of a right result.
    warned
        Pattern of the warning, where there is one.
    """

    def write(place: Place) -> None:
        for image_id in "ab":
            write_field(place.inputs / "images", image_id)
        raw = content.encode() if isinstance(content, str) else content
        (place.inputs / "labels.csv").write_bytes(raw)

    def command(place: Place) -> list[object]:
        return ["images", place.inputs / "images", "--labels", place.inputs / "labels.csv", "--json"]

    def check(_: Place, outcome: Outcome) -> None:
        if not told:
            fields = json.loads(outcome.output)["fields"]
            told_labels = {field["image_id"]: field["labels"] for field in fields}
            warnings = [line for line in outcome.messages if line.startswith("hpacells: warning: ")]
            assert len(warnings) == bool(warned)
            assert not warned or re.search(warned, warnings[0])
            assert told_labels == {name: "|".join(map(str, classes)) for name, classes in labels.items()}

    return Case(name, write, command, told, check)


TEXT = "ID,Label\na,7\nb,0|16\n"


def xlsx() -> bytes:
    memory = BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return memory.getvalue()


CASES: list[Case] = [
    label_file("as it should be", TEXT),
    label_file("names of classes", "ID,Label\na,Golgi apparatus\nb,Nucleoplasm|Cytosol\n"),
    label_file("names in other letter case", "ID,Label\na,GOLGI APPARATUS\nb,nucleoplasm|cytosol\n"),
    label_file("byte order mark", b"\xef\xbb\xbf" + TEXT.encode()),
    label_file("UTF-16", TEXT.encode("utf-16")),
    label_file(
        "UTF-16 without a mark",
        TEXT.encode("utf-16-le"),
        r"labels\.csv: cannot be read as a table \(it has null bytes\)",
    ),
    label_file(
        "Latin-1",
        TEXT.encode() + "é,3\n".encode("latin-1"),
        r"labels\.csv, line 4: cannot be read as a table \(no UTF-8 text: byte 0xe9\)",
    ),
    label_file("semicolons", TEXT.replace(",", ";")),
    label_file("tabs", TEXT.replace(",", "\t")),
    label_file("line ends of Windows", TEXT.replace("\n", "\r\n")),
    label_file("line ends of old Macs", TEXT.replace("\n", "\r")),
    label_file("without a last line end", TEXT[:-1]),
    label_file("empty rows", TEXT.replace("\n", "\n\n")),
    label_file("rows of separators alone", TEXT + ",\n,\n"),
    label_file("columns in another order", "Label,ID\n7,a\n0|16,b\n"),
    label_file("one more column", "ID,Label,Note\na,7,x\nb,0|16,\n"),
    label_file("Kaggle 2018", "Id,Target\na,7\nb,0 16\n"),
    label_file("quoted fields", '"ID","Label"\n"a","7"\n"b","0|16"\n'),
    label_file("a quoted line break in another column", 'ID,Label,Note\na,7,"two\nlines"\nb,0|16,x\n'),
    label_file(
        "a quoted line break in an ID", 'ID,Label\n"a\nx",7\nb,0|16\n', labels={"a": [], "b": [0, 16]}
    ),
    label_file(
        "a quote without its end",
        'ID,Label\n"a,7\nb,0|16\n',
        r"labels\.csv, line 2: cannot be read as a table",
    ),
    label_file(
        "blanks around", "ID , Label\n a , 7 \n b , 0 | 16 \n", labels=NONE, warned="blanks around them"
    ),
    label_file(
        "IDs with endings", "ID,Label\na.png,7\nb.png,0|16\n", labels=NONE, warned="the ending of a file"
    ),
    label_file(
        "IDs with channels",
        "ID,Label\na_green,7\nb_green,0|16\n",
        labels=NONE,
        warned="the channel after them",
    ),
    label_file(
        "IDs with folders",
        "ID,Label\nimages/a,7\nimages/b,0|16\n",
        labels=NONE,
        warned="the folder before them",
    ),
    label_file(
        "IDs of other images",
        "ID,Label\nx,7\ny,0|16\n",
        labels=NONE,
        warned="none of the 2 images has a label",
    ),
    label_file("IDs in capitals", "ID,Label\nA,7\nB,0|16\n", labels=NONE, warned="letter case"),
    label_file(
        "an ID twice, same labels", TEXT + "a,7\n", r"labels\.csv, line 4: image a is there a second time"
    ),
    label_file(
        "an ID twice, other labels", TEXT + "a,3\n", r"labels\.csv, line 4: image a is there a second time"
    ),
    label_file(
        "an ID twice with blanks", TEXT + "a ,3\n", r"labels\.csv, line 4: image a is there a second time"
    ),
    label_file("an empty ID", TEXT + ",3\n", r"labels\.csv, line 4: an empty ID"),
    label_file("an empty label", "ID,Label\na,\nb,0|16\n", r"labels\.csv, line 2: label '' is not a class"),
    label_file(
        "a label of bars alone", "ID,Label\na,|\nb,0|16\n", r"labels\.csv, line 2: label '' is not a class"
    ),
    label_file(
        "an unknown class",
        "ID,Label\na,Golgi\nb,0|16\n",
        r"labels\.csv, line 2: label 'Golgi' is not a class",
    ),
    label_file("class 19", "ID,Label\na,19\nb,0|16\n", r"labels\.csv, line 2: label '19' is not a class"),
    label_file("class -1", "ID,Label\na,-1\nb,0|16\n", r"labels\.csv, line 2: label '-1' is not a class"),
    label_file("class 7.0", "ID,Label\na,7.0\nb,0|16\n", r"labels\.csv, line 2: label '7\.0' is not a class"),
    label_file("class in Arabic digits", "ID,Label\na,\u0667\nb,0|16\n"),
    label_file(
        "class of 5,000 digits",
        f"ID,Label\na,{'9' * 5000}\nb,0|16\n",
        r"labels\.csv, line 2: label '999999999999999999999999999999999999999999999999",
    ),
    label_file("a class twice", "ID,Label\na,7|7\nb,16|0|16\n"),
    label_file(
        "labels parted by commas",
        'ID,Label\na,7\nb,"0,16"\n',
        r"labels\.csv, line 3: label '0,16' is not a class",
    ),
    label_file("empty", "", r"labels\.csv: cannot be read as a table \(it is empty\)"),
    label_file("blanks alone", "  \n\n", r"labels\.csv: cannot be read as a table \(it is empty\)"),
    label_file("header alone", "ID,Label\n", labels=NONE, warned="none of the 2 images has a label"),
    label_file("no header", "a,7\nb,0|16\n", r"labels\.csv: no column ID and no column Label \(found a,7\)"),
    label_file("no column Label", "ID,Class\na,7\n", r"labels\.csv: no column Label \(found ID,Class\)"),
    label_file(
        "header in small letters",
        "id,label\na,7\nb,0|16\n",
        r"labels\.csv: no column ID and no column Label \(found id,label\)",
    ),
    label_file(
        "a column twice", "ID,Label,Label\na,7,3\nb,0|16,3\n", r"labels\.csv, line 1: the column Label twice"
    ),
    label_file("a row of one field", TEXT + "c\n", r"labels\.csv, line 4: 1 fields"),
    label_file("a row of three fields", TEXT + "c,7,8\n", r"labels\.csv, line 4: 3 fields"),
    label_file(
        "a null byte",
        TEXT.encode() + b"c\0,3\n",
        r"labels\.csv: cannot be read as a table \(it has null bytes\)",
    ),
    label_file("an xlsx named .csv", xlsx(), r"labels\.csv: a spreadsheet \(xlsx or ods\)"),
    label_file(
        "a PNG named .csv",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        r"labels\.csv: cannot be read as a table \(it has null bytes\)",
    ),
    label_file("half of a row", TEXT[:-5], r"labels\.csv, line 3: label '' is not a class"),
]

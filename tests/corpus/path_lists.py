"""Lists of files, ``path_list.csv``, that are damaged or name files that are not there."""

import json

import numpy as np

from data.masks.label_image import read_label_image
from tests.corpus.case import Case, Outcome, Place
from tests.corpus.stock import SEGMENT, write_field

HEADER = "r_image,y_image,b_image,g_image,output_folder,output_prefix\n"


def row(name: str = "odd", prefix: str = "odd_") -> str:
    files = (f"images/{name}_{channel}.png" for channel in ("red", "yellow", "blue", "green"))
    return ",".join((*files, "out", f"{prefix}\n"))


GOOD = row("good", "good_")


def path_list(
    name: str, content: str | bytes, told: str = "", *, ids: tuple[str, ...] = ("odd",), others: bool = True
) -> Case:
    """Return a case of a list; where ``others``, the field ``good`` is in it and has to be segmented."""

    def write(place: Place) -> None:
        for image_id in ("good", "odd"):
            write_field(place.inputs / "images", image_id)
        raw = content.encode() if isinstance(content, str) else content
        (place.inputs / "list.csv").write_bytes(raw)

    def command(place: Place) -> list[object]:
        return ["segment", "--from", place.inputs / "list.csv", "--work", place.work, *SEGMENT]

    def check(place: Place, _: Outcome) -> None:
        found = {path.name.removesuffix("_cells.png") for path in (place.work / "masks").glob("*_cells.png")}
        assert found == ({"good"} if others else set()) | (set() if told else set(ids))
        for image_id in found:
            labels = read_label_image(place.work / f"masks/{image_id}_cells.png")
            np.testing.assert_array_equal(labels, place.stock.cells)
        if others:
            failures = json.loads((place.work / "segment.json").read_text())["failures"]
            assert bool(failures) == bool(told)

    return Case(name, write, command, told, check)


ODD = row()

CASES: list[Case] = [
    path_list("as it should be", HEADER + GOOD + ODD),
    path_list("heading as a comment", "#" + HEADER + GOOD + ODD),
    path_list(
        "byte order mark and Windows", b"\xef\xbb\xbf" + (HEADER + GOOD + ODD).replace("\n", "\r\n").encode()
    ),
    path_list("separators of Windows", HEADER + GOOD + ODD.replace("/", "\\")),
    path_list(
        "no yellow",
        HEADER + GOOD + ODD.replace("images/odd_yellow.png", ""),
        "field odd in .*: no yellow channel",
    ),
    path_list("a row in a comment", HEADER + GOOD + "#" + ODD, ids=()),
    path_list(
        "a file that is not there",
        HEADER + GOOD + ODD.replace("odd_blue", "gone_blue"),
        r"list\.csv, line 3: no such file: images/gone_blue\.png",
    ),
    path_list(
        "a folder for a file",
        HEADER + GOOD + ODD.replace("images/odd_blue.png", "images"),
        "images: no known image format",
    ),
    path_list(
        "an address",
        HEADER + GOOD + ODD.replace("images/odd_blue.png", "https://example.org/b.png"),
        r"list\.csv, line 3: an address for blue",
    ),
    path_list(
        "a name of 5,000 letters",
        HEADER + GOOD + ODD.replace("odd_blue", "o" * 5000),
        r"list\.csv, line 3: .* for blue \(File name too long\)",
    ),
    path_list(
        "a prefix of 5,000 letters",
        HEADER + GOOD + row(prefix="o" * 5000),
        r"list\.csv, line 3: an ID of 5000 bytes",
    ),
    path_list("a prefix that leads out", HEADER + GOOD + row(prefix="../../odd_")),
    path_list("a prefix of dots", HEADER + GOOD + row(prefix=".."), ids=("odd",)),
    path_list("too few values", HEADER + GOOD + "images/odd_red.png\n", r"list\.csv, line 3: 1 values"),
    path_list("too many values", HEADER + GOOD + ODD.strip() + ",more\n", r"list\.csv, line 3: 7 values"),
    path_list("no file in a row", HEADER + GOOD + ",,,,out,odd_\n", r"list\.csv, line 3: no file"),
    path_list("the same row twice", HEADER + GOOD + ODD + ODD),
    path_list(
        "a prefix twice, other files",
        HEADER + GOOD + ODD + ODD.replace("odd_blue", "good_blue"),
        r"list\.csv, line 4: the field odd a second time, with other files than in lin",
    ),
    path_list(
        "a quote without its end",
        HEADER + GOOD + '"' + ODD,
        r"list\.csv, line 3: cannot be read as a table",
        others=False,
    ),
    path_list(
        "a null byte",
        (HEADER + GOOD + ODD).encode().replace(b"odd_blue", b"odd\0_blue"),
        r"list\.csv: cannot be read as a table \(it has null bytes\)",
        others=False,
    ),
    path_list("empty", "", r"list\.csv: no list of images \(line 1: nothing\)", others=False),
    path_list("heading alone", HEADER, r"list\.csv: no field found: no row", others=False),
    path_list(
        "unknown columns",
        "name,date\nA,3\n",
        r"list\.csv: no list of images \(line 1: name,date\)",
        others=False,
    ),
    path_list(
        "no CSV",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        r"list\.csv: cannot be read as a table \(it has null bytes\)",
        others=False,
    ),
]

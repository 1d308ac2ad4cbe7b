"""Submissions and truth files that are damaged, cut or about other images."""

import base64
import gzip
import json
import math
import zlib
from collections.abc import Callable

import numpy as np

from data.masks.rle import encode_mask
from tests.corpus.case import Case, Outcome, Place

HEADER = "ID,ImageWidth,ImageHeight,PredictionString\n"


def mask(row: int = 4, column: int = 5, shape: tuple[int, int] = (48, 64)) -> str:
    """Return the mask string of a square of 20 px."""
    plane = np.zeros(shape, bool)
    plane[row : row + 20, column : column + 20] = True
    return encode_mask(plane)


FIRST, SECOND = mask(), mask(20, 40)
ROW_A = f"a,64,48,7 1 {FIRST} 16 1 {SECOND}\n"
ROW_B = "b,64,48,\n"
TRUTH = HEADER + ROW_A + ROW_B


def packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


def submission(
    name: str,
    content: str | bytes,
    told: str = "",
    *,
    map_: float = 1.0,
    file: str = "submission.csv",
    truth: str = TRUTH,
) -> Case:
    """Return a case of a submission that is scored, against a truth with two cells of two classes."""

    def write(place: Place) -> None:
        raw = content.encode() if isinstance(content, str) else content
        (place.inputs / file).write_bytes(raw)
        (place.inputs / "truth.csv").write_text(truth)
        place.work.mkdir()

    def command(place: Place) -> list[object]:
        target = place.work / "metric.json"
        return ["score", place.inputs / file, place.inputs / "truth.csv", "--json", target]

    def check(place: Place, _: Outcome) -> None:
        path = place.work / "metric.json"
        assert path.exists() == (not told)
        if not told:
            assert math.isclose(json.loads(path.read_text())["map"], map_)

    return Case(name, write, command, told, check)


def with_first(string: str) -> str:
    return TRUTH.replace(FIRST, string)


def changed(change: Callable[[bytes], bytes]) -> str:
    """Return the submission with the first mask's unpacked bytes changed."""
    return with_first(packed(change(zlib.decompress(base64.b64decode(FIRST)))))


CASES: list[Case] = [
    submission("as it should be", TRUTH),
    submission("byte order mark", b"\xef\xbb\xbf" + TRUTH.encode()),
    submission("line ends of Windows", TRUTH.replace("\n", "\r\n")),
    submission(
        "columns in another order",
        "PredictionString,ID,ImageHeight,ImageWidth\n" + f"7 1 {FIRST} 16 1 {SECOND},a,48,64\n,b,48,64\n",
    ),
    submission("packed", gzip.compress(TRUTH.encode()), file="submission.csv.gz"),
    submission(
        "packed, half",
        gzip.compress(TRUTH.encode())[:60],
        r"submission\.csv\.gz: cannot be read as a table",
        file="submission.csv.gz",
    ),
    submission(
        "text named .gz", TRUTH, r"submission\.csv\.gz: cannot be read as a table", file="submission.csv.gz"
    ),
    submission("every cell twice", TRUTH.replace(ROW_A, f"{ROW_A.strip()} 7 0.5 {FIRST}\n")),
    submission("no cell", HEADER + "a,64,48,\n" + ROW_B, map_=0.0),
    submission(
        "base64 with a strange sign",
        with_first(FIRST[:5] + "!" + FIRST[6:]),
        r"submission\.csv, line 2, image a, triple 1: the mask is not base64",
    ),
    submission(
        "base64, cut",
        with_first(FIRST[:-3]),
        r"submission\.csv, line 2, image a, triple 1: the mask is not base64",
    ),
    submission(
        "base64 with a blank in it",
        with_first(FIRST[:5] + " " + FIRST[5:]),
        r"submission\.csv, line 2 \(a\): 7 tokens in PredictionString, which ends in 'eN",
    ),
    submission(
        "no zlib",
        with_first(base64.b64encode(b"no zlib at all").decode()),
        r"submission\.csv, line 2, image a, triple 1: the mask is not zlib-compressed",
    ),
    submission(
        "zlib, cut",
        with_first(base64.b64encode(base64.b64decode(FIRST)[:-6]).decode()),
        r"submission\.csv, line 2, image a, triple 1: the mask is cut off",
    ),
    submission(
        "zlib, bytes after the end",
        with_first(base64.b64encode(base64.b64decode(FIRST) + b"xx").decode()),
        r"submission\.csv, line 2, image a, triple 1: the mask has bytes after its end",
    ),
    submission(
        "zlib, a byte flipped",
        with_first(base64.b64encode(base64.b64decode(FIRST)[:-2] + b"\0\1").decode()),
        r"submission\.csv, line 2, image a, triple 1: the mask is not zlib-compressed",
    ),
    submission(
        "run lengths, cut",
        changed(lambda counts: counts[:-2]),
        r"submission\.csv, line 2, image a, triple 1: not COCO run lengths: an integer",
    ),
    submission(
        "run lengths, too many",
        changed(lambda counts: counts * 2),
        r"submission\.csv, line 2, image a, triple 1: the mask's runs add up to 49364",
    ),
    submission(
        "run lengths of other signs",
        changed(lambda counts: b"\x05\x06" + counts),
        r"submission\.csv, line 2, image a, triple 1: not COCO run lengths: a characte",
    ),
    submission(
        "run lengths, none",
        changed(lambda counts: b""),
        r"submission\.csv, line 2, image a, triple 1: the mask's runs add up to 0 pixe",
    ),
    submission(
        "mask of an image of other size",
        with_first(mask(shape=(96, 128))),
        r"submission\.csv, line 2, image a, triple 1: the mask's runs add up to 12288",
    ),
    submission(
        "image size turned",
        TRUTH.replace("64,48", "48,64"),
        r"submission\.csv, image a: 48 x 64 px \(width x height\)",
    ),
    submission(
        "image of 0 px", TRUTH.replace("a,64", "a,0"), r"submission\.csv, line 2 \(a\): ImageWidth '0'"
    ),
    submission(
        "image of negative size",
        TRUTH.replace("a,64", "a,-64"),
        r"submission\.csv, line 2 \(a\): ImageWidth '-64'",
    ),
    submission(
        "image size a fraction",
        TRUTH.replace("a,64", "a,64.0"),
        r"submission\.csv, line 2 \(a\): ImageWidth '64\.0'",
    ),
    submission(
        "image of 10**12 px",
        TRUTH.replace("a,64,48", "a,1000000000000,1"),
        r"submission\.csv, line 2 \(a\): ImageWidth '1000000000000'",
    ),
    submission(
        "confidence NaN",
        TRUTH.replace("7 1 ", "7 nan "),
        r"submission\.csv, line 2 \(a\): confidence 'nan' \(token 2 of PredictionString,",
    ),
    submission(
        "confidence infinite",
        TRUTH.replace("7 1 ", "7 inf "),
        r"submission\.csv, line 2 \(a\): confidence 'inf' \(token 2 of PredictionString,",
    ),
    submission("confidence negative", TRUTH.replace("7 1 ", "7 -0.5 ")),
    submission("confidence above 1", TRUTH.replace("7 1 ", "7 1.5 ")),
    submission(
        "confidence with a comma",
        TRUTH.replace(f"7 1 {FIRST} 16 1 {SECOND}", f'"7 0,9 {FIRST} 16 1 {SECOND}"'),
        r"submission\.csv, line 2 \(a\): confidence '0,9' \(token 2 of PredictionString,",
    ),
    submission(
        "label 19",
        TRUTH.replace("7 1 ", "19 1 "),
        r"submission\.csv, line 2 \(a\): label '19' \(token 1 of PredictionString, in tri",
    ),
    submission(
        "label -1",
        TRUTH.replace("7 1 ", "-1 1 "),
        r"submission\.csv, line 2 \(a\): label '-1' \(token 1 of PredictionString, in tri",
    ),
    submission(
        "label by name",
        TRUTH.replace("7 1 ", "Golgi 1 "),
        r"submission\.csv, line 2 \(a\): label 'Golgi' \(token 1 of PredictionString, in",
    ),
    submission(
        "tokens no multiple of 3",
        TRUTH.replace("7 1 ", "7 "),
        r"submission\.csv, line 2 \(a\): 5 tokens in PredictionString, which ends in 'eN",
    ),
    submission(
        "a row cut",
        TRUTH[: len(HEADER) + 38],
        r"submission\.csv, line 2, image a, triple 1: the mask is not base64",
    ),
    submission(
        "no column ImageHeight",
        TRUTH.replace("ImageHeight", "Height"),
        r"submission\.csv: no column ImageHeight \(found ID,ImageWidth,Height,Predictio",
    ),
    submission(
        "one field too many", TRUTH.replace(ROW_B, "b,64,48,,\n"), r"submission\.csv, line 3 \(b\): 5 fields"
    ),
    submission(
        "an ID twice", TRUTH + ROW_B, r"submission\.csv, line 4 \(b\): this ID is there a second time"
    ),
    submission("an empty ID", TRUTH + ",64,48,\n", r"submission\.csv, line 4 \(\): an empty ID"),
    submission("an image is missing", HEADER + ROW_A),
    submission("an image more", TRUTH + "c,64,48,\n"),
    submission(
        "IDs with endings",
        TRUTH.replace("a,", "a.png,").replace("b,", "b.png,"),
        r"submission\.csv: none of the 2 images of",
    ),
    submission("other images", HEADER + "x,64,48,\n", r"submission\.csv: none of the 2 images of"),
    submission("empty", "", r"submission\.csv: no column ID or ImageWidth or ImageHeight or PredictionStri"),
    submission("header alone", HEADER, r"submission\.csv: none of the 2 images of"),
    submission(
        "null bytes",
        TRUTH.encode() + bytes(20),
        r"submission\.csv, line 4 \(%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00",
    ),
    submission("UTF-16", TRUTH.encode("utf-16")),
    submission(
        "a quote without its end",
        TRUTH.replace("b,64", '"b,64'),
        r"submission\.csv: cannot be read as a table",
    ),
    submission("truth is empty", TRUTH, r"truth\.csv: no row below the header", truth=HEADER),
]

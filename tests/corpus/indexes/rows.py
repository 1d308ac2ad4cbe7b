"""Indexes of cells with odd rows and columns, and pictures of a file per channel that are damaged."""

from pathlib import Path

import cv2
import numpy as np

from data.channels import CHANNELS
from tests.corpus.case import Case
from tests.corpus.indexes.index_case import GOOD, HEADER, black_ground, cut, index, raw_file
from tests.corpus.stock import PLANES

BOTH = HEADER + GOOD + "odd,0\n"
MOSAIC = "mosaic,tile,y0,x0,size\nm,0,0,0,56\nm,1,0,{},{}\n"


def write_mosaic(folder: Path) -> None:
    for channel, plane in zip(CHANNELS, black_ground(), strict=True):
        cv2.imwrite(str(folder / f"m_{channel}.png"), np.hstack([plane, plane]))


CASES: list[Case] = [
    index("as it should be", BOTH),
    index("byte order mark, semicolons", b"\xef\xbb\xbf" + BOTH.replace(",", ";").encode()),
    index("unknown column", "ID,label,colour\ngood,0,x\nodd,0,y\n"),
    index(
        "a file is missing",
        BOTH,
        r"odd_red\.png: cannot be opened",
        make=lambda folder: (folder / "odd_red.png").unlink(),
    ),
    index("a file is cut", BOTH, r"odd_red\.png: unreadable or truncated", make=cut("odd_red.png")),
    index(
        "a file is empty",
        BOTH,
        r"odd_red\.png: unreadable or truncated \(it is an empty file\)",
        make=raw_file("odd_red.png", b""),
    ),
    index(
        "a file is of other size",
        BOTH,
        "cell odd: channels of 128 x 128, 56 x 56, 56 x 56, 56 x 56 px",
        make=lambda folder: cv2.imwrite(str(folder / "odd_red.png"), PLANES["red"]),
    ),
    index(
        "the picture is black",
        BOTH,
        "cell odd: all black",
        make=lambda folder: [
            cv2.imwrite(str(folder / f"odd_{c}.png"), np.zeros((56, 56), np.uint8)) for c in CHANNELS
        ],
    ),
    index("a name that leads to a folder", HEADER + GOOD + "../odd,0\n", r"odd_red\.png: cannot be opened"),
    index("a name of 5,000 letters", HEADER + GOOD + "o" * 5000 + ",0\n", r"o_red\.png: cannot be opened"),
    index("a cell twice", BOTH + "odd,0\n", r"index\.csv: cell odd is there twice", whole=True),
    index("an empty ID", BOTH + ",0\n", r"index\.csv, line 4: an empty ID", whole=True),
    index(
        "unknown class",
        BOTH.replace("odd,0", "odd,19"),
        r"index\.csv, line 3: label '19' is not a class",
        whole=True,
    ),
    index(
        "a class of 5,000 digits",
        BOTH.replace("odd,0", "odd," + "9" * 5000),
        r"index\.csv, line 3: label '9999999999999999999999999999999999999999999999999",
        whole=True,
    ),
    index(
        "name of another class",
        "ID,label,name\ngood,0,Nucleoplasm\nodd,0,Cytosol\n",
        r"index\.csv, line 3: label 0 is Nucleoplasm in the label set hpa2021, but the",
        whole=True,
    ),
    index("empty", "", r"index\.csv: cannot be read as a table \(it is empty\)", whole=True),
    index("header alone", HEADER, r"index\.csv: no row", whole=True),
    index("no ID", "label\n0\n", r"index\.csv: the columns label", whole=True),
    index("a field too many", BOTH + "x,0,1\n", r"index\.csv, line 4: 3 fields", whole=True),
    index(
        "a channel's column is missing",
        "ID,red,green\ngood,a,b\n",
        r"index\.csv: the columns ID,red,green",
        whole=True,
    ),
    index("tiles of a mosaic", MOSAIC.format(56, 56), make=write_mosaic),
    index(
        "a tile that leaves its mosaic",
        MOSAIC.format(57, 56),
        "cell m_1: 56 px from row 0, column 57, of 112 x 56 px",
        make=write_mosaic,
    ),
    index(
        "a tile of 0 px",
        MOSAIC.format(56, 0),
        "cell m_1: 0 px from row 0, column 56, of 112 x 56 px",
        make=write_mosaic,
    ),
    index(
        "a tile of negative size",
        MOSAIC.format(56, -5),
        r"index\.csv, line 3: size = '-5'",
        make=write_mosaic,
        whole=True,
    ),
    index(
        "a tile at a place of 5,000 digits",
        MOSAIC.format("9" * 5000, 56),
        r"index\.csv, line 3: x0 = '99999999999999999999'",
        make=write_mosaic,
        whole=True,
    ),
    index(
        "a mask of other size",
        "ID,mask\ngood,\nodd,mask.png\n",
        "cell odd: a mask of 9 x 9 px, 81 of them above 0",
        make=lambda folder: cv2.imwrite(str(folder / "mask.png"), np.ones((9, 9), np.uint8)),
    ),
    index(
        "a mask without a pixel",
        "ID,mask\ngood,\nodd,mask.png\n",
        "cell odd: a mask of 56 x 56 px, 0 of them above 0",
        make=lambda folder: cv2.imwrite(str(folder / "mask.png"), np.zeros((56, 56), np.uint8)),
    ),
    index("a mask that is missing", "ID,mask\ngood,\nodd,gone.png\n", r"gone\.png: cannot be opened"),
]

"""TIFF files that are cut, damaged, or of an unusual layout."""

import gzip
import io
from typing import Any

import numpy as np
import tifffile

from tests.corpus.case import Case
from tests.corpus.fields.encoded import (
    BLUE,
    WIDE,
    cut,
    flipped,
    raw,
    tiff,
)
from tests.corpus.fields.field_case import odd_field

FLOAT = (BLUE / 255).astype(np.float32)


def damaged_deflate(**options: Any) -> bytes:
    content = tiff(compression="zlib", **options)
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        place = file.pages.first.dataoffsets[0] + 40
    return flipped(content, place / len(content), 8)


def with_pixel(value: float, array: np.ndarray = FLOAT) -> np.ndarray:
    changed = array.copy()
    changed[3, 4] = value
    return changed


CASES: list[Case] = [
    odd_field("TIFF in strips", raw(".tif", tiff(rowsperstrip=7))),
    odd_field("TIFF in tiles", raw(".tif", tiff(tile=(48, 32)))),
    odd_field(
        "TIFF, RGB in planes",
        raw(".tif", tiff(np.stack([BLUE * 0, BLUE * 0, BLUE]), photometric="rgb", planarconfig="separate")),
    ),
    odd_field("BigTIFF, big-endian", raw(".tif", tiff(WIDE, bigtiff=True, byteorder=">"))),
    odd_field(
        "TIFF, float from 0 to 1", raw(".tif", tiff((BLUE / np.float32(255)).astype(np.float32))), close=True
    ),
    odd_field("TIFF, 32-bit integers", raw(".tif", tiff(WIDE.astype(np.int32)))),
    odd_field(
        "TIFF, float with NaN",
        raw(".tif", tiff(with_pixel(np.nan))),
        r"odd_blue\.tif: pixels that are no number \(NaN or infinite\), in pixels of typ",
    ),
    odd_field(
        "TIFF, float with infinity",
        raw(".tif", tiff(with_pixel(np.inf))),
        r"odd_blue\.tif: pixels that are no number \(NaN or infinite\), in pixels of typ",
    ),
    odd_field(
        "TIFF, float with a negative value",
        raw(".tif", tiff(with_pixel(-0.5))),
        r"odd_blue\.tif: negative values, down to -0\.5, in pixels of type float32 \(flo",
    ),
    odd_field(
        "TIFF, float up to 1e30",
        raw(".tif", tiff(with_pixel(1e30))),
        r"odd_blue\.tif: values up to 1e\+30, in pixels of type float32 \(floating point",
    ),
    odd_field(
        "TIFF, 16-bit signed with a negative value",
        raw(".tif", tiff(with_pixel(-3, BLUE.astype(np.int16)))),
        r"odd_blue\.tif: negative values, down to -3, in pixels of type int16 \(signed",
    ),
    odd_field("TIFF, half", raw(".tif", cut(tiff())), r"odd_blue\.tif: unreadable or truncated"),
    odd_field(
        "TIFF in tiles, half",
        raw(".tif", cut(tiff(tile=(48, 32)))),
        r"odd_blue\.tif: unreadable or truncated",
    ),
    odd_field(
        "TIFF, without its last byte", raw(".tif", tiff()[:-1]), r"odd_blue\.tif: unreadable or truncated"
    ),
    odd_field(
        "TIFF, the header alone",
        raw(".tif", tiff()[:8]),
        r"odd_blue\.tif: unreadable or truncated \(no page in 8 bytes\)",
    ),
    odd_field(
        "TIFF, empty", raw(".tif", b""), r"odd_blue\.tif: unreadable or truncated \(it is an empty file\)"
    ),
    odd_field(
        "TIFF, first page at a place beyond the end",
        raw(".tif", tiff()[:4] + b"\xff\xff\xff\x7f" + tiff()[8:]),
        r"odd_blue\.tif: unreadable or truncated \(no page in 16640 bytes\)",
    ),
    odd_field(
        "TIFF, deflate damaged", raw(".tif", damaged_deflate()), r"odd_blue\.tif: unreadable or truncated"
    ),
    odd_field(
        "TIFF, deflate damaged in one strip of many",
        raw(".tif", damaged_deflate(rowsperstrip=8)),
        r"odd_blue\.tif: unreadable or truncated",
    ),
    odd_field(
        "TIFF, JPEG inside", raw(".tif", tiff(compression="jpeg", compressionargs={"level": 98})), close=True
    ),
    odd_field(
        "TIFF, JPEG inside, half",
        raw(".tif", cut(tiff(compression="jpeg"))),
        r"odd_blue\.tif: unreadable or truncated \(strip or tile 0 ends at byte",
    ),
    odd_field(
        "TIFF, stack",
        raw(".tif", tiff(np.stack([BLUE] * 3), photometric="minisblack")),
        r"odd_blue\.tif: a stack of 3 slices",
    ),
    odd_field("TIFF packed as .tif.gz", raw(".tif.gz", gzip.compress(tiff()))),
    odd_field(
        "TIFF packed as .tif.gz, half",
        raw(".tif.gz", cut(gzip.compress(tiff()))),
        r"odd_blue\.tif\.gz: damaged or truncated gzip file \(Compressed file ended befo",
    ),
    odd_field(
        "TIFF packed as .tif.gz, without its last 4 bytes",
        raw(".tif.gz", gzip.compress(tiff())[:-4]),
        r"odd_blue\.tif\.gz: damaged or truncated gzip file \(Compressed file ended befo",
    ),
    odd_field(
        "TIFF named .tif.gz, not packed",
        raw(".tif.gz", tiff()),
        r"odd_blue\.tif\.gz: damaged or truncated gzip file \(Not a gzipped file \(b'II'\)",
    ),
    odd_field(
        "packed zeros as .tif.gz",
        raw(".tif.gz", gzip.compress(bytes(100_000))),
        r"odd_blue\.tif\.gz: unreadable or truncated \(it is a file that begins with zer",
    ),
]

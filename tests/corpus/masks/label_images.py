"""Masks in image files that are damaged or no label images."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from tests.corpus.case import Case
from tests.corpus.masks.mask_case import Cells, Write, cut_bytes, own_mask

U8, U16 = np.uint8, np.uint16


def png(change: Callable[[Cells], NDArray[Any]]) -> Write:
    return lambda path, cells: cv2.imwrite(str(path), change(cells))


def tif(change: Callable[[Cells], NDArray[Any]], **options: Any) -> Write:
    return lambda path, cells: tifffile.imwrite(path, change(cells), **options)


def with_value(value: float, kind: Any = np.float32) -> Callable[[Cells], NDArray[Any]]:
    def change(cells: Cells) -> NDArray[Any]:
        changed = cells.astype(kind)
        changed[2, 3] = value
        return changed

    return change


def shifted(cells: Cells) -> NDArray[Any]:
    """Return a stack of three masks of which two overlap."""
    stack = np.stack([cells == number for number in (1, 2, 3)]).astype(np.uint8)
    stack[1] |= np.roll(stack[0], 3, axis=1)
    return stack


def png_mode(mode: str) -> Write:
    def write(path: Path, cells: Cells) -> None:
        Image.fromarray((cells * 60).astype(np.uint8)).convert(mode).save(path)

    return write


def both_names(path: Path, cells: Cells) -> None:
    cv2.imwrite(str(path), cells.astype(np.uint16))
    tifffile.imwrite(path.with_suffix(".tif"), (cells > 0).astype(np.uint8) * 2)


CASES: list[Case] = [
    own_mask("PNG of 16 bit", png(lambda cells: cells.astype(U16))),
    own_mask("PNG of 8 bit", png(lambda cells: cells.astype(U8))),
    own_mask(
        "TIFF of floats that are whole", tif(lambda cells: cells.astype(np.float32)), file="odd_cells.tif"
    ),
    own_mask(
        "TIFF of 32 bit with huge numbers",
        tif(lambda cells: cells.astype(np.uint32) * 1_000_000_007),
        file="odd_cells.tif",
    ),
    own_mask(
        "TIFF of 64 bit with numbers up to 2**60",
        tif(lambda cells: cells.astype(np.int64) << 58),
        file="odd_cells.tif",
    ),
    own_mask(
        "TIFF of 64 bit, compressed, in tiles",
        tif(lambda cells: cells.astype(np.int64), tile=(64, 64), compression="zlib"),
        file="odd_cells.tif",
    ),
    own_mask("gaps in the numbers", png(lambda cells: (cells * 1000).astype(U16))),
    own_mask("of twice the size", png(lambda cells: cells.repeat(2, 0).repeat(2, 1).astype(U16))),
    own_mask(
        "of one row less",
        png(lambda cells: cells[:-1].astype(U16)),
        r"odd_cells\.png: 128 x 127 px, but the image is 128 x 128 px",
    ),
    own_mask(
        "of other aspect ratio",
        png(lambda cells: cells[:64].astype(U16)),
        r"odd_cells\.png: 128 x 64 px, but the image is 128 x 128 px",
    ),
    own_mask("of 1 px", png(lambda cells: np.ones((1, 1), U16)), cells=1),
    own_mask("without a cell", png(lambda cells: (cells * 0).astype(U16)), cells=0),
    own_mask("one cell all over", png(lambda cells: (cells * 0 + 1).astype(U16)), cells=1),
    own_mask("a cell of two pieces", png(lambda cells: np.where(cells == 3, 1, cells).astype(U16)), cells=2),
    own_mask(
        "binary, of several pieces",
        png(lambda cells: ((cells > 0) * 255).astype(U8)),
        r"odd_cells\.png: one number, 255, in 3 separate pieces: a binary mask",
    ),
    own_mask(
        "floats with a fraction",
        tif(with_value(0.5)),
        r"odd_cells\.tif: numbers that are not whole, such as 0\.5",
        "odd_cells.tif",
    ),
    own_mask(
        "floats with NaN",
        tif(with_value(np.nan)),
        r"odd_cells\.tif: values that are not finite",
        "odd_cells.tif",
    ),
    own_mask(
        "floats with infinity",
        tif(with_value(np.inf)),
        r"odd_cells\.tif: values that are not finite",
        "odd_cells.tif",
    ),
    own_mask(
        "floats up to 1e30",
        tif(with_value(1e30)),
        r"odd_cells\.tif: values that are not finite",
        "odd_cells.tif",
    ),
    own_mask(
        "a negative number",
        tif(with_value(-1, np.int32)),
        r"odd_cells\.tif: the negative number -1",
        "odd_cells.tif",
    ),
    own_mask("RGB", png_mode("RGB"), r"odd_cells\.png: colours \(RGB\)"),
    own_mask("RGBA", png_mode("RGBA"), r"odd_cells\.png: colours \(RGBA\)"),
    own_mask("palette", png_mode("P"), r"odd_cells\.png: a colour palette"),
    own_mask("grey with transparency", png_mode("LA"), r"odd_cells\.png: grey with transparency"),
    own_mask(
        "JPEG",
        lambda path, cells: cv2.imwrite(str(path), (cells * 60).astype(U8)),
        r"odd_cells\.jpg: a JPEG, which changes the numbers",
        "odd_cells.jpg",
    ),
    own_mask(
        "PNG, half",
        cut_bytes(png(lambda cells: cells.astype(U16))),
        r"odd_cells\.png: unreadable or truncated",
    ),
    own_mask("PNG, empty", lambda path, _: path.write_bytes(b""), r"odd_cells\.png: unreadable or truncated"),
    own_mask(
        "TIFF, half",
        cut_bytes(tif(lambda cells: cells.astype(U16))),
        r"odd_cells\.tif: unreadable or truncated",
        "odd_cells.tif",
    ),
    own_mask(
        "TIFF, JPEG inside",
        tif(lambda cells: (cells * 60).astype(U8), compression="jpeg"),
        r"odd_cells\.tif: a JPEG, which changes the numbers",
        "odd_cells.tif",
    ),
    own_mask(
        "TIFF, a stack cut",
        cut_bytes(
            tif(lambda cells: np.stack([cells == n for n in (1, 2, 3)]).astype(U8), photometric="minisblack"),
            0.6,
        ),
        r"odd_cells\.tif: unreadable or truncated \(the next page is at byte",
        "odd_cells.tif",
    ),
    own_mask(
        "a stack of one mask a cell",
        tif(lambda cells: np.stack([cells == n for n in (1, 2, 3)]).astype(U8), photometric="minisblack"),
        file="odd_cells.tif",
    ),
    own_mask(
        "a stack of masks that overlap",
        tif(shifted, photometric="minisblack"),
        r"odd_cells\.tif: masks 1 and 2 of a stack overlap by 2403 px",
        "odd_cells.tif",
    ),
    own_mask(
        "two images in a TIFF",
        tif(lambda cells: np.stack([cells, cells]).astype(U16), photometric="minisblack"),
        r"odd_cells\.tif: a stack of 2 label images",
        "odd_cells.tif",
    ),
    own_mask("two masks that differ", both_names, r"odd_cells\.tif: another mask than in odd_cells\.png"),
    own_mask(
        "nuclei without cells",
        png(lambda cells: cells.astype(U16)),
        "field odd in .*: masks of the nuclei alone",
        "odd_nuclei.png",
    ),
    own_mask("no mask", lambda path, _: None, "field odd in .*: no mask"),
    own_mask("a folder", lambda path, _: path.mkdir(), "field odd in .*: no mask"),
    own_mask("a dangling link", lambda path, _: path.symlink_to("gone"), r"odd_cells\.png: cannot be opened"),
]

"""Files of one channel in every layout that we know of, written by other libraries than hpacells' readers."""

import gzip
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from tests.factories.images.writers import (
    COMPOSITE,
    PLANE,
    SMALL,
    STACK,
    WIDE,
    cv2_file,
    draw_plane,
    gzipped_tiff,
    imagej_palette,
    ome_file,
    ome_file_of_set,
    pil_file,
    png_chunk,
    tif_file,
    tiff_pages,
    tinted,
    write_palette,
)

Array = NDArray[Any]


@dataclass(frozen=True)
class Layout:
    """One way to store a channel.

    Attributes
    ----------
    kind, layout
        Its format, and what is peculiar.
    ending
        Of the file name.
    write
        Writes the file.
    expected
        What is to be read; None where it is to be refused.
    note
        How it is read, for the table; of a refused one the message says it.
    z
        The setting images.z.
    """

    kind: str
    layout: str
    ending: str
    write: Callable[[Path], None]
    expected: Array | None = None
    note: str = ""
    z: str = ""


def _png_layouts() -> list[Layout]:
    return [
        Layout("PNG", "8 bit", ".png", cv2_file(PLANE), PLANE),
        Layout("PNG", "16 bit", ".png", cv2_file(WIDE), WIDE),
        Layout("PNG", "packed as .png.gz", ".png.gz", _gz_png, PLANE),
        Layout("PNG", "4 bit", ".png", _png_of_4_bit, PLANE // 17 * 17, "scaled to 8 bit"),
        Layout(
            "PNG",
            "1 bit",
            ".png",
            pil_file("1", np.where(PLANE > 60, 255, 0).astype(np.uint8)),
            np.where(PLANE > 60, 255, 0).astype(np.uint8),
            "as 0 and 255",
        ),
        Layout(
            "PNG",
            "grey with transparency",
            ".png",
            pil_file("LA", PLANE),
            PLANE,
            "transparency is ignored",
        ),
        Layout("PNG", "RGB, painted magenta", ".png", cv2_file(tinted(PLANE, 1, 0, 1)), PLANE, _PAINTED),
        Layout("PNG", "RGB of 16 bit, painted cyan", ".png", cv2_file(tinted(WIDE, 1, 1, 0)), WIDE, _PAINTED),
        Layout(
            "PNG",
            "RGBA, painted green",
            ".png",
            cv2_file(np.dstack([tinted(PLANE, 0, 1, 0), np.full_like(PLANE, 255)])),
            PLANE,
            _PAINTED,
        ),
        Layout("PNG", "grey stored as RGB", ".png", cv2_file(tinted(PLANE, 1, 1, 1)), PLANE),
        Layout("PNG", "palette, painted magenta", ".png", write_palette, PLANE, _PAINTED),
        Layout("PNG", "several stains in one picture", ".png", cv2_file(COMPOSITE)),
    ]


_PAINTED = "the planes that carry the signal"


def _png_of_4_bit(path: Path) -> None:
    values = PLANE // 17
    rows = b"".join(b"\0" + (row[::2] << 4 | row[1::2]).tobytes() for row in values)
    header = struct.pack(">IIBBBBB", PLANE.shape[1], PLANE.shape[0], 4, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks))


def _gz_png(path: Path) -> None:
    path.write_bytes(gzip.compress(cv2.imencode(".png", PLANE)[1].tobytes()))


def _tiff_layouts() -> list[Layout]:
    rows = [
        Layout("TIFF", f"compressed: {name}", ".tif", tif_file(PLANE, compression=name), PLANE)
        for name in ("lzw", "zlib", "zstd", "packbits", "lzma", "jpeg2000", "jpegxr", "png")
    ]
    rows += [
        Layout("TIFF", "8 bit", ".tif", tif_file(PLANE), PLANE),
        Layout("TIFF", "16 bit", ".tif", tif_file(WIDE), WIDE),
        Layout("TIFF", "big-endian", ".tif", tif_file(WIDE, byteorder=">"), WIDE),
        Layout("TIFF", "BigTIFF in tiles", ".tiff", tif_file(PLANE, bigtiff=True, tile=(32, 48)), PLANE),
        Layout("TIFF", "predictor", ".tif", tif_file(WIDE, compression="zlib", predictor=True), WIDE),
        Layout("TIFF", "packed as .tif.gz", ".tif.gz", gzipped_tiff(PLANE), PLANE),
        Layout("TIFF", "truncated .tif.gz", ".tif.gz", gzipped_tiff(PLANE, keep=0.6)),
        Layout("TIFF", "12 bit, packed", ".tif", tif_file(WIDE >> 4, bitspersample=12), WIDE >> 4),
        Layout(
            "TIFF",
            "inverted (MinIsWhite)",
            ".tif",
            tif_file(255 - PLANE, photometric="miniswhite"),
            PLANE,
            "inverted back",
        ),
        Layout("TIFF", "inverted, 1 bit", ".tif", tif_file(PLANE > 60, photometric="miniswhite")),
        Layout("TIFF", "palette", ".tif", tif_file(PLANE, photometric="palette", colormap=_magenta()), PLANE,
               _PAINTED),
        Layout("TIFF", "RGB, painted magenta", ".tif", tif_file(tinted(PLANE, 1, 0, 1), photometric="rgb"),
               PLANE, _PAINTED),
        Layout("TIFF", "RGB, painted orange", ".tif", tif_file(tinted(PLANE, 1, 0.5, 0), photometric="rgb"),
               PLANE, _PAINTED),
        Layout("TIFF", "RGB in planes, painted cyan", ".tif",
               tif_file(np.moveaxis(tinted(PLANE, 0, 1, 1), 2, 0), photometric="rgb"), PLANE, _PAINTED),
        Layout("TIFF", "several stains in one picture", ".tif", tif_file(COMPOSITE, photometric="rgb")),
        Layout("TIFF", "CMYK", ".tif", tif_file(np.dstack([COMPOSITE, PLANE]), photometric="separated")),
        Layout("TIFF", "pyramid in SubIFDs", ".tif",
               tiff_pages((PLANE, {"subifds": 1}), (SMALL, {"subfiletype": 1})), PLANE),
        Layout("TIFF", "thumbnail before the picture", ".tif",
               tiff_pages((SMALL, {"subfiletype": 1}), (PLANE, {}), ), PLANE),
        Layout("TIFF", "two pictures of different size", ".tif", tiff_pages((PLANE, {}), (SMALL, {}))),
        Layout("TIFF", "three planes written without saying of what", ".tif",
               tif_file(np.stack([draw_plane(n) for n in range(3)]), photometric="rgb")),
    ]  # fmt: skip
    for count in (2, 3, 4, 5):
        stack = STACK[:count]
        rows.append(
            Layout("TIFF", f"stack of {count} pages", ".tif", tif_file(stack, photometric="minisblack"))
        )
    rows += [
        Layout("TIFF", "stack of 5, images.z = 2", ".tif", tif_file(STACK), PLANE, "that slice", "2"),
        Layout("TIFF", "stack of 5, images.z = middle", ".tif", tif_file(STACK), PLANE,
               "that slice", "middle"),
        Layout("TIFF", "stack of 5, images.z = sharpest", ".tif", tif_file(STACK), PLANE, "the slice of "
               "largest variance over mean", "sharpest"),
        Layout("TIFF", "stack of 5, images.z = max", ".tif", tif_file(STACK), PLANE,
               "brightest values", "max"),
        Layout("TIFF", "stack of 5, images.z = 7", ".tif", tif_file(STACK), z="7"),
    ]  # fmt: skip
    return rows


def _magenta() -> Array:
    ramp = np.arange(256, dtype=np.uint16) * 257
    return np.stack([ramp, ramp * 0, ramp])


def _value_layouts() -> list[Layout]:
    nothing = np.where(PLANE > 100, np.nan, 1).astype(np.float32)
    return [
        Layout("TIFF", "16 bit signed, none negative", ".tif", tif_file(PLANE.astype(np.int16) * 100),
               PLANE.astype(np.uint16) * 100),
        Layout("TIFF", "16 bit signed, some negative", ".tif", tif_file(PLANE.astype(np.int16) - 9)),
        Layout("TIFF", "8 bit signed, none negative", ".tif", tif_file((PLANE // 2).astype(np.int8)),
               PLANE // 2),
        Layout("TIFF", "32 bit, up to 65535", ".tif", tif_file(WIDE.astype(np.uint32)), WIDE),
        Layout("TIFF", "32 bit signed, up to 65535", ".tif", tif_file(WIDE.astype(np.int32)), WIDE),
        Layout("TIFF", "32 bit, beyond", ".tif", tif_file(WIDE.astype(np.uint32) * 9)),
        Layout("TIFF", "64 bit, up to 65535", ".tif", tif_file(WIDE.astype(np.uint64)), WIDE),
        Layout("TIFF", "float, 0 to 1", ".tif", tif_file((PLANE / 255).astype(np.float32)), WIDE,
               "1 becomes 65535"),
        Layout("TIFF", "float of 64 bit, 0 to 1", ".tif", tif_file(PLANE / 255), WIDE, "1 becomes 65535"),
        Layout("TIFF", "float, whole numbers", ".tif", tif_file(WIDE.astype(np.float32)), WIDE),
        Layout("TIFF", "float of 16 bit, whole numbers", ".tif", tif_file(PLANE.astype(np.float16)),
               PLANE.astype(np.uint16)),
        Layout("TIFF", "float, fractions beyond 1", ".tif", tif_file((PLANE * 1.5).astype(np.float32))),
        Layout("TIFF", "float, only 0 and 1", ".tif", tif_file((PLANE > 99).astype(np.float32))),
        Layout("TIFF", "float with NaN", ".tif", tif_file(nothing)),
        Layout("TIFF", "complex", ".tif", tif_file(PLANE.astype(np.complex64))),
    ]  # fmt: skip


def _ome_layouts() -> list[Layout]:
    label = _ome_pictures({"name": "label image", "data": SMALL}, {"name": "A1", "data": PLANE})
    return [
        Layout("OME-TIFF", "one plane", ".ome.tif", ome_file(PLANE, "YX"), PLANE),
        Layout("OME-TIFF", "file of a set by channel (UUID)", ".ome.tif", ome_file_of_set("C", 1), PLANE,
               "the plane in that file"),
        Layout("OME-TIFF", "file of a set by slice (UUID)", ".ome.tif", ome_file_of_set("Z", 2), PLANE,
               "the plane in that file"),
        Layout("OME-TIFF", "OME-XML that is not well formed, one plane", ".ome.tif",
               tif_file(PLANE, description=b"<?xml version='1.0'?><OME><Image></OME>", metadata=None),
               PLANE),
        Layout("OME-TIFF", "stack of 3 slices", ".ome.tif", ome_file(STACK[1:4], "ZYX")),
        Layout("OME-TIFF", "stack of 3, images.z = middle", ".ome.tif", ome_file(STACK[1:4], "ZYX"), PLANE,
               "that slice", "middle"),
        Layout("OME-TIFF", "3 time points", ".ome.tif", ome_file(STACK[:3], "TYX")),
        Layout("OME-TIFF", "3 channels", ".ome.tif", ome_file(STACK[:3], "CYX")),
        Layout("OME-TIFF", "label image before the picture", ".ome.tif", label, PLANE),
        Layout("OME-TIFF", "2 positions", ".ome.tif",
               _ome_pictures({"name": "pos 1", "data": PLANE}, {"name": "pos 2", "data": PLANE})),
        Layout("ImageJ", "one plane", ".tif", tif_file(WIDE, imagej=True), WIDE),
        Layout("ImageJ", "one plane shown in false colours", ".tif",
               tif_file(PLANE, imagej=True, photometric="palette", colormap=imagej_palette()), PLANE,
               "the values, not the colours"),
        *(Layout("ImageJ", f"stack of {count} slices", ".tif",
                 tif_file(STACK[:count], imagej=True, metadata={"axes": "ZYX"})) for count in (2, 3, 4, 5)),
        Layout("ImageJ", "stack of 3, images.z = middle", ".tif",
               tif_file(STACK[1:4], imagej=True, metadata={"axes": "ZYX"}), PLANE, "that slice", "middle"),
        Layout("ImageJ", "4 channels", ".tif", tif_file(STACK[:4], imagej=True, metadata={"axes": "CYX"})),
        Layout("ImageJ", "RGB, painted yellow", ".tif", tif_file(tinted(PLANE, 1, 1, 0), imagej=True), PLANE,
               _PAINTED),
    ]  # fmt: skip


def _ome_pictures(*pictures: dict[str, Any]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with tifffile.TiffWriter(path, ome=True) as file:
            for picture in pictures:
                file.write(picture["data"], photometric="minisblack", metadata={"Name": picture["name"]})

    return write


def _jpeg_layouts() -> list[Layout]:
    grey = cv2.imdecode(cv2.imencode(".jpg", PLANE)[1], cv2.IMREAD_UNCHANGED)
    cmyk = pil_file("CMYK", COMPOSITE)
    return [
        Layout("JPEG", "grey", ".jpg", cv2_file(PLANE), grey),
        Layout("JPEG", "several stains in one picture", ".jpg", cv2_file(COMPOSITE)),
        Layout("JPEG", "CMYK", ".jpg", cmyk),
        Layout("JPEG", "truncated", ".jpg", lambda path: path.write_bytes(_half_jpeg())),
    ]


def _half_jpeg() -> bytes:
    raw = cv2.imencode(".jpg", PLANE)[1].tobytes()
    return raw[: len(raw) // 2]


LAYOUTS = [*_png_layouts(), *_jpeg_layouts(), *_tiff_layouts(), *_value_layouts(), *_ome_layouts()]
"""Every layout of the table in docs/images.md."""

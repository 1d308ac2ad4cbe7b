"""PNG and JPEG files that are cut, damaged, of another kind than they say, or of an unusual layout."""

import struct
import zlib

import numpy as np
from PIL import Image

from tests.corpus.case import Case
from tests.corpus.fields.encoded import BLUE, WIDE, bytes_of, cut, flipped, jpeg, png, raw, tiff
from tests.corpus.fields.field_case import odd_field
from tests.corpus.stock import PLANES
from tests.factories.images.writers import png_chunk


def interlaced(array: np.ndarray) -> bytes:
    """Return an Adam7 interlaced PNG, which neither OpenCV nor Pillow writes."""
    passes = (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    )
    rows = b"".join(b"\0" + row.tobytes() for y, x, dy, dx in passes for row in array[y::dy, x::dx])
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", array.shape[1], array.shape[0], 8, 0, 0, 0, 1))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


def png_of_size(width: int, height: int) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = png_chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + png_chunk(b"IEND", b"")


def palette() -> bytes:
    picture = Image.fromarray(BLUE).convert("P")
    picture.putdata(BLUE.ravel().tolist())
    picture.putpalette([value for index in range(256) for value in (0, 0, index)])
    return bytes_of(lambda memory: picture.save(memory, "png"))


PNG = [
    odd_field(
        "PNG, empty", raw(".png", b""), r"odd_blue\.png: unreadable or truncated \(it is an empty file\)"
    ),
    odd_field("PNG, the signature alone", raw(".png", png()[:8]), r"odd_blue\.png: unreadable or truncated"),
    odd_field("PNG, cut in the header", raw(".png", png()[:20]), r"odd_blue\.png: unreadable or truncated"),
    odd_field("PNG, half", raw(".png", cut(png())), r"odd_blue\.png: unreadable or truncated"),
    odd_field(
        "PNG, without its last 20 bytes", raw(".png", png()[:-20]), r"odd_blue\.png: unreadable or truncated"
    ),
    odd_field("PNG, without the end chunk", raw(".png", png()[:-12])),
    odd_field(
        "PNG, a byte flipped in the pixels",
        raw(".png", flipped(png())),
        r"odd_blue\.png: unreadable or truncated",
    ),
    odd_field(
        "PNG, a byte flipped in the width",
        raw(".png", flipped(png(), 18 / len(png()))),
        r"odd_blue\.png: unreadable or truncated",
    ),
    odd_field(
        "PNG, a byte flipped in the signature",
        raw(".png", flipped(png(), 0)),
        r"odd_blue\.png: unreadable or truncated",
    ),
    odd_field(
        "PNG, zeros",
        raw(".png", bytes(5000)),
        r"odd_blue\.png: unreadable or truncated \(it is a file that begins with zeros\)",
    ),
    odd_field(
        "PNG, text",
        raw(".png", b"<html>404 not found</html>\n" * 50),
        r"odd_blue\.png: unreadable or truncated \(it is a page of a website\)",
    ),
    odd_field("PNG, bytes after the end", raw(".png", png() + b"more" * 100)),
    odd_field("PNG of 16 bit", raw(".png", png(WIDE))),
    odd_field("PNG of 16 bit, half", raw(".png", cut(png(WIDE))), r"odd_blue\.png: unreadable or truncated"),
    odd_field("PNG, palette", raw(".png", palette())),
    odd_field("PNG, RGBA, opaque", raw(".png", png(mode="RGBA"))),
    odd_field("PNG, grey with transparency", raw(".png", png(mode="LA"))),
    odd_field("PNG, interlaced", raw(".png", interlaced(BLUE))),
    odd_field(
        "PNG, interlaced, half", raw(".png", cut(interlaced(BLUE))), r"odd_blue\.png: unreadable or truncated"
    ),
    odd_field(
        "PNG of 1 bit", raw(".png", png(np.where(BLUE > 99, 255, 0).astype(np.uint8), "1")), close=True
    ),
    odd_field("PNG of 0 px", raw(".png", png_of_size(0, 0)), r"odd_blue\.png: unreadable or truncated"),
    odd_field(
        "PNG of 1 px",
        raw(".png", png(np.full((1, 1), 9, np.uint8))),
        "field odd: blue is 1 x 1 px but red is 128 x 128 px",
    ),
    odd_field(
        "PNG that claims 100,000 px a side",
        raw(".png", png_of_size(100_000, 100_000)),
        r"odd_blue\.png: a picture of 100000 x 100000 px",
    ),
    odd_field(
        "PNG that claims more rows than it has",
        raw(".png", png_of_size(128, 128)),
        r"odd_blue\.png: unreadable or truncated",
    ),
]

JPEG = [
    odd_field("JPEG, grey", raw(".jpg", jpeg()), close=True),
    odd_field(
        "JPEG, tinted blue", raw(".jpg", jpeg(np.stack([BLUE * 0, BLUE * 0, BLUE], -1), "RGB")), close=True
    ),
    odd_field("JPEG, progressive", raw(".jpg", jpeg(progressive=True)), close=True),
    odd_field(
        "JPEG, CMYK",
        raw(".jpg", jpeg(np.stack([BLUE] * 3, -1), "CMYK")),
        r"odd_blue\.jpg: a JPEG of four colours \(CMYK\)",
    ),
    odd_field(
        "JPEG, half",
        raw(".jpg", cut(jpeg())),
        r"odd_blue\.jpg: unreadable or truncated \(no end-of-image marker\)",
    ),
    odd_field(
        "JPEG, without its last 2 bytes",
        raw(".jpg", jpeg()[:-2]),
        r"odd_blue\.jpg: unreadable or truncated \(no end-of-image marker\)",
    ),
    odd_field(
        "JPEG, empty", raw(".jpg", b""), r"odd_blue\.jpg: unreadable or truncated \(it is an empty file\)"
    ),
    odd_field(
        "JPEG, of several colours",
        raw(".jpg", jpeg(np.stack([PLANES["red"], PLANES["green"], BLUE], -1), "RGB")),
        r"odd_blue\.jpg: a picture of several colours \(red 100 %, green 82 %, blue 43",
    ),
    odd_field(
        "JPEG named .png", raw(".png", jpeg()), r"odd_blue\.png: unreadable or truncated \(it is a JPEG\)"
    ),
    odd_field(
        "PNG named .jpg", raw(".jpg", png()), r"odd_blue\.jpg: unreadable or truncated \(it is a PNG\)"
    ),
    odd_field(
        "PNG named .tif", raw(".tif", png()), r"odd_blue\.tif: unreadable or truncated \(it is a PNG\)"
    ),
    odd_field(
        "TIFF named .png", raw(".png", tiff()), r"odd_blue\.png: unreadable or truncated \(it is a TIFF\)"
    ),
    odd_field(
        "GIF named .png",
        raw(".png", bytes_of(lambda m: Image.fromarray(BLUE).save(m, "gif"))),
        r"odd_blue\.png: unreadable or truncated \(it is a GIF\)",
    ),
    odd_field(
        "BMP named .tif",
        raw(".tif", bytes_of(lambda m: Image.fromarray(BLUE).save(m, "bmp"))),
        r"odd_blue\.tif: unreadable or truncated \(it is a BMP\)",
    ),
    odd_field(
        "PDF named .tif",
        raw(".tif", b"%PDF-1.4\n" + bytes(500)),
        r"odd_blue\.tif: unreadable or truncated \(it is a PDF\)",
    ),
    odd_field(
        ".npy named .tif",
        raw(".tif", bytes_of(lambda m: np.save(m, BLUE))),
        r"odd_blue\.tif: unreadable or truncated \(it is a NumPy array\)",
    ),
]

CASES: list[Case] = [*PNG, *JPEG]

"""Files of one channel in every layout that we know of, written by other libraries than hpacells' readers."""

import gzip
import io
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
from PIL import Image

Array = NDArray[Any]


def draw_plane(seed: int = 0, shape: tuple[int, int] = (96, 112)) -> NDArray[np.uint8]:
    """Draw a few blobs on a dim background, up to 250."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    plane = np.full(shape, 6.0)
    for cy, cx in random.uniform(12, np.array(shape) - 12, (7, 2)):
        plane += 120 * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 60)
    plane[0, 0] = 0
    return np.rint(plane * 250 / plane.max()).astype(np.uint8)


PLANE = draw_plane()
WIDE = PLANE.astype(np.uint16) * 257


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


def _tiff(data: Array, **options: Any) -> Callable[[Path], None]:
    return lambda path: tifffile.imwrite(path, data, **options)


def _cv2(data: Array) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        assert cv2.imwrite(str(path), data)

    return write


def _pil(mode: str, data: Array, **options: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        Image.fromarray(data).convert(mode).save(path, **options)

    return write


def _tint(data: Array, *colour: float) -> Array:
    return (data[..., None] * np.array(colour)).astype(data.dtype)


def _pages(*pages: tuple[Array, dict[str, Any]], **options: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with tifffile.TiffWriter(path, **options) as file:
            for data, told in pages:
                file.write(data, **{"photometric": "minisblack", **told})

    return write


def _gzipped(data: Array, keep: float = 1.0, **options: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        memory = io.BytesIO()
        tifffile.imwrite(memory, data, **options)
        packed = gzip.compress(memory.getvalue())
        path.write_bytes(packed[: int(len(packed) * keep)])

    return write


def _palette(path: Path) -> None:
    picture = Image.fromarray(PLANE).convert("P")
    picture.putdata(PLANE.ravel().tolist())
    picture.putpalette([value for index in range(256) for value in (index, 0, index)])
    picture.save(path)


def _imagej_palette() -> Array:
    ramp = np.arange(256, dtype=np.uint16)
    return np.stack([ramp * 257, (255 - ramp) * 257, ramp * 0])


def write_png_with(path: Path, chunk: bytes, content: bytes, data: Array) -> None:
    """Write a PNG with one more chunk before its pixels."""
    raw = cv2.imencode(".png", data)[1].tobytes()
    path.write_bytes(raw[:33] + png_chunk(chunk, content) + raw[33:])


def ome_set_xml(name: str, sizes: dict[str, int], planes: str, uuid: str) -> bytes:
    """Write the OME-XML that every file of a set holds."""
    extent = " ".join(f'Size{axis}="{sizes.get(axis, 1)}"' for axis in "CZT")
    channels = "".join(
        f'<Channel ID="Channel:0:{number}" Name="stain {number}" SamplesPerPixel="1"/>'
        for number in range(sizes.get("C", 1))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OME '
        f'xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{uuid}">'
        f'<Image ID="Image:0" Name="{name}"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" '
        f'SizeX="{PLANE.shape[1]}" SizeY="{PLANE.shape[0]}" {extent}>'
        f"{channels}{planes}</Pixels></Image></OME>"
    ).encode()


def _ome_of_set(axis: str, here: int) -> Callable[[Path], None]:
    """Write the file of a set that holds one plane of three along an axis."""

    def write(path: Path) -> None:
        planes = "".join(
            f'<TiffData IFD="0" PlaneCount="1" First{axis}="{number}"><UUID FileName="{number}.ome.tif">'
            f"urn:uuid:{number}</UUID></TiffData>"
            for number in range(3)
        )
        xml = ome_set_xml("set", {axis: 3}, planes, f"urn:uuid:{here}")
        tifffile.imwrite(path, PLANE, description=xml, metadata=None)

    return write


def _ome(data: Array, axes: str, **metadata: Any) -> Callable[[Path], None]:
    return _tiff(data, ome=True, photometric="minisblack", metadata={"axes": axes, **metadata})


_STACK = np.stack([PLANE // 5, PLANE // 2, PLANE, PLANE // 3, PLANE // 4])
_COMPOSITE = np.stack([draw_plane(1), draw_plane(2), draw_plane(3)], axis=-1)
_SMALL = PLANE[::4, ::4]


def _png_layouts() -> list[Layout]:
    return [
        Layout("PNG", "8 bit", ".png", _cv2(PLANE), PLANE),
        Layout("PNG", "16 bit", ".png", _cv2(WIDE), WIDE),
        Layout("PNG", "packed as .png.gz", ".png.gz", _gz_png, PLANE),
        Layout("PNG", "4 bit", ".png", _png_of_4_bit, PLANE // 17 * 17, "scaled to 8 bit"),
        Layout(
            "PNG",
            "1 bit",
            ".png",
            _pil("1", np.where(PLANE > 60, 255, 0).astype(np.uint8)),
            np.where(PLANE > 60, 255, 0).astype(np.uint8),
            "as 0 and 255",
        ),
        Layout("PNG", "grey with transparency", ".png", _pil("LA", PLANE), PLANE, "transparency is ignored"),
        Layout("PNG", "RGB, painted magenta", ".png", _cv2(_tint(PLANE, 1, 0, 1)), PLANE, _PAINTED),
        Layout("PNG", "RGB of 16 bit, painted cyan", ".png", _cv2(_tint(WIDE, 1, 1, 0)), WIDE, _PAINTED),
        Layout(
            "PNG",
            "RGBA, painted green",
            ".png",
            _cv2(np.dstack([_tint(PLANE, 0, 1, 0), np.full_like(PLANE, 255)])),
            PLANE,
            _PAINTED,
        ),
        Layout("PNG", "grey stored as RGB", ".png", _cv2(_tint(PLANE, 1, 1, 1)), PLANE),
        Layout("PNG", "palette, painted magenta", ".png", _palette, PLANE, _PAINTED),
        Layout("PNG", "several stains in one picture", ".png", _cv2(_COMPOSITE)),
    ]


_PAINTED = "the planes that carry the signal"


def _png_of_4_bit(path: Path) -> None:
    values = PLANE // 17
    rows = b"".join(b"\0" + (row[::2] << 4 | row[1::2]).tobytes() for row in values)
    header = struct.pack(">IIBBBBB", PLANE.shape[1], PLANE.shape[0], 4, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks))


def png_chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _gz_png(path: Path) -> None:
    path.write_bytes(gzip.compress(cv2.imencode(".png", PLANE)[1].tobytes()))


def _tiff_layouts() -> list[Layout]:
    rows = [
        Layout("TIFF", f"compressed: {name}", ".tif", _tiff(PLANE, compression=name), PLANE)
        for name in ("lzw", "zlib", "zstd", "packbits", "lzma", "jpeg2000", "jpegxr", "png")
    ]
    rows += [
        Layout("TIFF", "8 bit", ".tif", _tiff(PLANE), PLANE),
        Layout("TIFF", "16 bit", ".tif", _tiff(WIDE), WIDE),
        Layout("TIFF", "big-endian", ".tif", _tiff(WIDE, byteorder=">"), WIDE),
        Layout("TIFF", "BigTIFF in tiles", ".tiff", _tiff(PLANE, bigtiff=True, tile=(32, 48)), PLANE),
        Layout("TIFF", "predictor", ".tif", _tiff(WIDE, compression="zlib", predictor=True), WIDE),
        Layout("TIFF", "packed as .tif.gz", ".tif.gz", _gzipped(PLANE), PLANE),
        Layout("TIFF", "truncated .tif.gz", ".tif.gz", _gzipped(PLANE, keep=0.6)),
        Layout("TIFF", "12 bit, packed", ".tif", _tiff(WIDE >> 4, bitspersample=12), WIDE >> 4),
        Layout(
            "TIFF",
            "inverted (MinIsWhite)",
            ".tif",
            _tiff(255 - PLANE, photometric="miniswhite"),
            PLANE,
            "inverted back",
        ),
        Layout("TIFF", "inverted, 1 bit", ".tif", _tiff(PLANE > 60, photometric="miniswhite")),
        Layout("TIFF", "palette", ".tif", _tiff(PLANE, photometric="palette", colormap=_magenta()), PLANE,
               _PAINTED),
        Layout("TIFF", "RGB, painted magenta", ".tif", _tiff(_tint(PLANE, 1, 0, 1), photometric="rgb"), PLANE,
               _PAINTED),
        Layout("TIFF", "RGB, painted orange", ".tif", _tiff(_tint(PLANE, 1, 0.5, 0), photometric="rgb"),
               PLANE, _PAINTED),
        Layout("TIFF", "RGB in planes, painted cyan", ".tif",
               _tiff(np.moveaxis(_tint(PLANE, 0, 1, 1), 2, 0), photometric="rgb"), PLANE, _PAINTED),
        Layout("TIFF", "several stains in one picture", ".tif", _tiff(_COMPOSITE, photometric="rgb")),
        Layout("TIFF", "CMYK", ".tif", _tiff(np.dstack([_COMPOSITE, PLANE]), photometric="separated")),
        Layout("TIFF", "pyramid in SubIFDs", ".tif",
               _pages((PLANE, {"subifds": 1}), (_SMALL, {"subfiletype": 1})), PLANE),
        Layout("TIFF", "thumbnail before the picture", ".tif",
               _pages((_SMALL, {"subfiletype": 1}), (PLANE, {}), ), PLANE),
        Layout("TIFF", "two pictures of different size", ".tif", _pages((PLANE, {}), (_SMALL, {}))),
        Layout("TIFF", "three planes written without saying of what", ".tif",
               _tiff(np.stack([draw_plane(n) for n in range(3)]), photometric="rgb")),
    ]  # fmt: skip
    for count in (2, 3, 4, 5):
        stack = _STACK[:count]
        rows.append(Layout("TIFF", f"stack of {count} pages", ".tif", _tiff(stack, photometric="minisblack")))
    rows += [
        Layout("TIFF", "stack of 5, images.z = 2", ".tif", _tiff(_STACK), PLANE, "that slice", "2"),
        Layout("TIFF", "stack of 5, images.z = middle", ".tif", _tiff(_STACK), PLANE, "that slice", "middle"),
        Layout("TIFF", "stack of 5, images.z = sharpest", ".tif", _tiff(_STACK), PLANE, "the slice of "
               "largest variance over mean", "sharpest"),
        Layout("TIFF", "stack of 5, images.z = max", ".tif", _tiff(_STACK), PLANE, "brightest values", "max"),
        Layout("TIFF", "stack of 5, images.z = 7", ".tif", _tiff(_STACK), z="7"),
    ]  # fmt: skip
    return rows


def _magenta() -> Array:
    ramp = np.arange(256, dtype=np.uint16) * 257
    return np.stack([ramp, ramp * 0, ramp])


def _value_layouts() -> list[Layout]:
    nothing = np.where(PLANE > 100, np.nan, 1).astype(np.float32)
    return [
        Layout("TIFF", "16 bit signed, none negative", ".tif", _tiff(PLANE.astype(np.int16) * 100),
               PLANE.astype(np.uint16) * 100),
        Layout("TIFF", "16 bit signed, some negative", ".tif", _tiff(PLANE.astype(np.int16) - 9)),
        Layout("TIFF", "8 bit signed, none negative", ".tif", _tiff((PLANE // 2).astype(np.int8)),
               PLANE // 2),
        Layout("TIFF", "32 bit, up to 65535", ".tif", _tiff(WIDE.astype(np.uint32)), WIDE),
        Layout("TIFF", "32 bit signed, up to 65535", ".tif", _tiff(WIDE.astype(np.int32)), WIDE),
        Layout("TIFF", "32 bit, beyond", ".tif", _tiff(WIDE.astype(np.uint32) * 9)),
        Layout("TIFF", "64 bit, up to 65535", ".tif", _tiff(WIDE.astype(np.uint64)), WIDE),
        Layout("TIFF", "float, 0 to 1", ".tif", _tiff((PLANE / 255).astype(np.float32)), WIDE,
               "1 becomes 65535"),
        Layout("TIFF", "float of 64 bit, 0 to 1", ".tif", _tiff(PLANE / 255), WIDE, "1 becomes 65535"),
        Layout("TIFF", "float, whole numbers", ".tif", _tiff(WIDE.astype(np.float32)), WIDE),
        Layout("TIFF", "float of 16 bit, whole numbers", ".tif", _tiff(PLANE.astype(np.float16)),
               PLANE.astype(np.uint16)),
        Layout("TIFF", "float, fractions beyond 1", ".tif", _tiff((PLANE * 1.5).astype(np.float32))),
        Layout("TIFF", "float, only 0 and 1", ".tif", _tiff((PLANE > 99).astype(np.float32))),
        Layout("TIFF", "float with NaN", ".tif", _tiff(nothing)),
        Layout("TIFF", "complex", ".tif", _tiff(PLANE.astype(np.complex64))),
    ]  # fmt: skip


def _ome_layouts() -> list[Layout]:
    label = _ome_pictures({"name": "label image", "data": _SMALL}, {"name": "A1", "data": PLANE})
    return [
        Layout("OME-TIFF", "one plane", ".ome.tif", _ome(PLANE, "YX"), PLANE),
        Layout("OME-TIFF", "file of a set by channel (UUID)", ".ome.tif", _ome_of_set("C", 1), PLANE,
               "the plane in that file"),
        Layout("OME-TIFF", "file of a set by slice (UUID)", ".ome.tif", _ome_of_set("Z", 2), PLANE,
               "the plane in that file"),
        Layout("OME-TIFF", "OME-XML that is not well formed, one plane", ".ome.tif",
               _tiff(PLANE, description=b"<?xml version='1.0'?><OME><Image></OME>", metadata=None), PLANE),
        Layout("OME-TIFF", "stack of 3 slices", ".ome.tif", _ome(_STACK[1:4], "ZYX")),
        Layout("OME-TIFF", "stack of 3, images.z = middle", ".ome.tif", _ome(_STACK[1:4], "ZYX"), PLANE,
               "that slice", "middle"),
        Layout("OME-TIFF", "3 time points", ".ome.tif", _ome(_STACK[:3], "TYX")),
        Layout("OME-TIFF", "3 channels", ".ome.tif", _ome(_STACK[:3], "CYX")),
        Layout("OME-TIFF", "label image before the picture", ".ome.tif", label, PLANE),
        Layout("OME-TIFF", "2 positions", ".ome.tif",
               _ome_pictures({"name": "pos 1", "data": PLANE}, {"name": "pos 2", "data": PLANE})),
        Layout("ImageJ", "one plane", ".tif", _tiff(WIDE, imagej=True), WIDE),
        Layout("ImageJ", "one plane shown in false colours", ".tif",
               _tiff(PLANE, imagej=True, photometric="palette", colormap=_imagej_palette()), PLANE,
               "the values, not the colours"),
        *(Layout("ImageJ", f"stack of {count} slices", ".tif",
                 _tiff(_STACK[:count], imagej=True, metadata={"axes": "ZYX"})) for count in (2, 3, 4, 5)),
        Layout("ImageJ", "stack of 3, images.z = middle", ".tif",
               _tiff(_STACK[1:4], imagej=True, metadata={"axes": "ZYX"}), PLANE, "that slice", "middle"),
        Layout("ImageJ", "4 channels", ".tif", _tiff(_STACK[:4], imagej=True, metadata={"axes": "CYX"})),
        Layout("ImageJ", "RGB, painted yellow", ".tif", _tiff(_tint(PLANE, 1, 1, 0), imagej=True), PLANE,
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
    cmyk = _pil("CMYK", _COMPOSITE)
    return [
        Layout("JPEG", "grey", ".jpg", _cv2(PLANE), grey),
        Layout("JPEG", "several stains in one picture", ".jpg", _cv2(_COMPOSITE)),
        Layout("JPEG", "CMYK", ".jpg", cmyk),
        Layout("JPEG", "truncated", ".jpg", lambda path: path.write_bytes(_half_jpeg())),
    ]


def _half_jpeg() -> bytes:
    raw = cv2.imencode(".jpg", PLANE)[1].tobytes()
    return raw[: len(raw) // 2]


LAYOUTS = [*_png_layouts(), *_jpeg_layouts(), *_tiff_layouts(), *_value_layouts(), *_ome_layouts()]
"""Every layout of the table in docs/images.md."""

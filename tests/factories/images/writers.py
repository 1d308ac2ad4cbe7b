"""Writers of image files in many layouts, each by the format's own library."""

import gzip
import io
import struct
import zlib
from collections.abc import Callable
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


def tif_file(data: Array, **options: Any) -> Callable[[Path], None]:
    return lambda path: tifffile.imwrite(path, data, **options)


def cv2_file(data: Array) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        assert cv2.imwrite(str(path), data)

    return write


def pil_file(mode: str, data: Array, **options: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        Image.fromarray(data).convert(mode).save(path, **options)

    return write


def tinted(data: Array, *colour: float) -> Array:
    return (data[..., None] * np.array(colour)).astype(data.dtype)


def tiff_pages(*pages: tuple[Array, dict[str, Any]], **options: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with tifffile.TiffWriter(path, **options) as file:
            for data, told in pages:
                file.write(data, **{"photometric": "minisblack", **told})

    return write


def gzipped_tiff(data: Array, keep: float = 1.0, **options: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        memory = io.BytesIO()
        tifffile.imwrite(memory, data, **options)
        packed = gzip.compress(memory.getvalue())
        path.write_bytes(packed[: int(len(packed) * keep)])

    return write


def write_palette(path: Path) -> None:
    picture = Image.fromarray(PLANE).convert("P")
    picture.putdata(PLANE.ravel().tolist())
    picture.putpalette([value for index in range(256) for value in (index, 0, index)])
    picture.save(path)


def imagej_palette() -> Array:
    ramp = np.arange(256, dtype=np.uint16)
    return np.stack([ramp * 257, (255 - ramp) * 257, ramp * 0])


def png_chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


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


def ome_file_of_set(axis: str, here: int) -> Callable[[Path], None]:
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


def ome_file(data: Array, axes: str, **metadata: Any) -> Callable[[Path], None]:
    return tif_file(data, ome=True, photometric="minisblack", metadata={"axes": axes, **metadata})


STACK = np.stack([PLANE // 5, PLANE // 2, PLANE, PLANE // 3, PLANE // 4])
COMPOSITE = np.stack([draw_plane(1), draw_plane(2), draw_plane(3)], axis=-1)
SMALL = PLANE[::4, ::4]

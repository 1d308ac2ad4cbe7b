"""Masks in image files: PNG and TIFF label images."""

import io
from pathlib import Path
from typing import Any

import tifffile
from numpy.typing import NDArray

from data.errors import InputError
from data.images.formats import png
from data.images.formats.tiff_whole import check_pages, check_segments
from data.images.pixel_bound import MAX_PIXELS, check_decoded

_EXPECTED = "a label image: one grey plane whose values are the numbers of the cells"
_GREY = 0
_JPEG = "a JPEG, which changes the numbers"
_LOSSY = frozenset({6, 7, 33007, 34892})
"""Compressions of TIFF by JPEG."""
_PNG_KINDS = {2: "colours (RGB)", 3: "a colour palette", 4: "grey with transparency", 6: "colours (RGBA)"}
_PNG_KIND_BYTE = 25


def read_image_file(path: Path, max_pixels: int = MAX_PIXELS) -> NDArray[Any]:
    """Read a label image, or a stack of masks, as the file has it.

    Parameters
    ----------
    path
        The file.
    max_pixels
        Pixels of the largest one that is read.

    Raises
    ------
    InputError
        It cannot be read, is too large, or has colours, which are no numbers of cells.
    """
    raw = path.read_bytes()
    if path.suffix.lower() in (".jpg", ".jpeg"):
        raise _refuse(path, _JPEG, "save the mask as PNG or TIFF")
    if path.suffix.lower() == ".png":
        kind = raw[_PNG_KIND_BYTE] if len(raw) > _PNG_KIND_BYTE else _GREY
        if kind in _PNG_KINDS:
            raise _refuse_colour(path, _PNG_KINDS[kind])
    try:
        if path.suffix.lower() == ".png":
            return png.decode(raw, max_pixels, path)
        return _read_tiff(raw, path, max_pixels)
    except InputError:
        raise
    except Exception as error:
        # Every decoder has its own exception types; whatever one raises, the file is at fault.
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise _refuse(path, f"unreadable or truncated ({reason})", "copy it again") from None


def _read_tiff(raw: bytes, path: Path, max_pixels: int) -> NDArray[Any]:
    with tifffile.TiffFile(io.BytesIO(raw)) as tiff:
        series = tiff.series
        if len(series) > 1:
            shapes = ", ".join(" x ".join(map(str, one.shape)) for one in series[:4])
            raise _refuse(path, f"{len(series)} images ({shapes})", "save the mask alone")
        if tiff.pages.first.photometric in (
            tifffile.PHOTOMETRIC.RGB,
            tifffile.PHOTOMETRIC.YCBCR,
            tifffile.PHOTOMETRIC.CFA,
        ):
            raise _refuse_colour(path, "colours (RGB)")
        if int(tiff.pages.first.compression) in _LOSSY:
            raise _refuse(path, _JPEG, "save the mask without compression, or with LZW or ZIP")
        check_pages(tiff)
        check_segments(tiff.pages.first)
        check_decoded(series[0].nbytes, max_pixels, path)
        return series[0].asarray()


def _refuse_colour(path: Path, kind: str) -> InputError:
    return _refuse(path, kind, "save it as 8-bit or 16-bit greyscale, without changing the values")


def _refuse(path: Path, found: str, advice: str) -> InputError:
    return InputError(found=found, where=path, expected=_EXPECTED, advice=advice)

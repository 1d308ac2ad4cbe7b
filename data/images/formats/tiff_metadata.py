"""Pixel size and bit depth in the tags of TIFF files, and in what microscope software writes beside them."""

from collections.abc import Callable, Iterator
from typing import Any

import tifffile

from data.images.pixel_size import plausible, unit_um

Size = tuple[float, float]

_UM_PER_RESOLUTION_UNIT = {2: 25400.0, 3: 10000.0, 4: 1000.0, 5: 1.0}
"""Inch and centimetre, and the millimetre and micrometre of some writers."""

_MAX_SAMPLE_VALUE, _MICROMANAGER, _RESOLUTION_UNIT = 281, 51123, 296


def find_pixel_size(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> tuple[Size | None, str]:
    """Return the pixel size (height, width) in um and where it stands, None and empty where it does not."""
    for source, read in _SOURCES.items():
        try:
            size = read(tiff, page)
        except (TypeError, ValueError, KeyError, AttributeError, ZeroDivisionError):
            # Metadata that cannot be understood says nothing; the pixels may still be good.
            size = None
        if size is not None and min(size) > 0:
            return size, source
    return None, ""


def find_significant_bits(page: tifffile.TiffPage) -> int | None:
    """Return how many bits the values of a page use, where its tags state it, else None."""
    return next((bits for bits in _stated_bits(page) if bits is not None and 0 < bits < 16), None)


def _stated_bits(page: tifffile.TiffPage) -> Iterator[int | None]:
    bits = page.bitspersample
    yield bits if 8 < bits < 16 else None
    largest = page.tags.valueof(_MAX_SAMPLE_VALUE)
    largest = largest[0] if isinstance(largest, tuple) else largest
    # Some writers put the brightest value of the picture there; a full scale is one less than a power of two.
    if isinstance(largest, int) and largest > 255 and not largest & (largest + 1):
        yield largest.bit_length()
    metadata = page.tags.valueof(_MICROMANAGER)
    if isinstance(metadata, dict):
        stated = str(metadata.get("BitDepth", ""))
        yield int(stated) if stated.isdecimal() and int(stated) > 8 else None


def _imagej(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> Size | None:
    metadata = tiff.imagej_metadata
    unit = unit_um(str(metadata.get("unit", ""))) if metadata else None
    if metadata is None or unit is None:
        return None
    across, down = page.get_resolution()
    y_unit = unit_um(str(metadata["yunit"])) if "yunit" in metadata else unit
    return None if y_unit is None else (y_unit / down, unit / across)


def _lsm(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> Size | None:
    metadata: Any = tiff.lsm_metadata
    return (1e6 * metadata["VoxelSizeY"], 1e6 * metadata["VoxelSizeX"]) if metadata else None


def _metamorph(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> Size | None:
    metadata: Any = tiff.stk_metadata
    if metadata:
        unit = unit_um(str(metadata["CalibrationUnits"]))
        return None if unit is None else (unit * metadata["YCalibration"], unit * metadata["XCalibration"])
    metadata = tiff.metaseries_metadata
    if not metadata:
        return None
    info = metadata["PlaneInfo"]
    unit = unit_um(str(info["spatial-calibration-units"]))
    return (
        None if unit is None else (unit * info["spatial-calibration-y"], unit * info["spatial-calibration-x"])
    )


def _micromanager(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> Size | None:
    metadata: Any = page.tags.valueof(_MICROMANAGER)
    size = float(metadata["PixelSizeUm"]) if isinstance(metadata, dict) else 0.0
    return (size, size) if size > 0 else None


def _resolution(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> Size | None:
    unit = _UM_PER_RESOLUTION_UNIT.get(int(page.tags.valueof(_RESOLUTION_UNIT, default=2)))
    if unit is None:
        return None
    across, down = page.get_resolution()
    # What is left out are the resolutions of printers and screens.
    return plausible(unit / down, unit / across)


_SOURCES: dict[str, Callable[[tifffile.TiffFile, tifffile.TiffPage], Size | None]] = {
    "ImageJ": _imagej,
    "Zeiss LSM": _lsm,
    "MetaMorph": _metamorph,
    "Micro-Manager": _micromanager,
    "resolution tags": _resolution,
}

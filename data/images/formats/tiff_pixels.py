"""The pixels of a TIFF page as grey values or colours: what its photometric interpretation says they are."""

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from data.errors import InputError
from data.images.strips import map_strips

RGB, YCBCR, PALETTE, BLACK, WHITE = 2, 6, 3, 1, 0
COLOURS = (RGB, YCBCR)
_ALPHA = (1, 2)
_MOST_COMPARED = 2**24
"""Values of planes that are compared; of larger ones some rows."""

_SAME_PLANE = 0.05
"""How much planes of one colour may differ, as a fraction of the brighter; noise of a camera makes more."""


def count_channels(page: tifffile.TiffPage) -> int:
    """Count the samples of a pixel that are channels; colours are one, transparency none."""
    if is_colour(page):
        return 1
    return max(1, page.samplesperpixel - sum(int(extra) in _ALPHA for extra in page.extrasamples))


def is_colour(page: tifffile.TiffPage) -> bool:
    """Check whether the samples of a pixel are red, green and blue."""
    return int(page.photometric) in COLOURS and page.samplesperpixel >= 3


def is_coloured_by_palette(page: tifffile.TiffPage, by_imagej: bool) -> bool:
    """Check whether values stand for colours; for ImageJ a palette is only how grey values are shown."""
    return int(page.photometric) == PALETTE and not by_imagej


def check_photometric(page: tifffile.TiffPage, path: Path) -> None:
    """Check that the values of a page are grey, of a palette, or red, green and blue.

    Raises
    ------
    InputError
        They are something else, such as the colours of print.
    """
    if int(page.photometric) not in (BLACK, WHITE, PALETTE, *COLOURS):
        raise InputError(
            found=f"a TIFF of photometric interpretation {_name(page)}",
            where=path,
            expected="grey values or RGB",
            advice="export the channel as a grey PNG or TIFF",
        )


def to_pixels(
    samples: NDArray[Any], page: tifffile.TiffPage, channel: int, path: Path, *, by_imagej: bool
) -> NDArray[Any]:
    """Return the values of one channel (H, W), or of a colour picture (H, W, 3).

    Parameters
    ----------
    samples
        As the page holds them: (H, W), (H, W, S) or (S, H, W).
    page
        What they are of.
    channel
        Which of the samples of a pixel, where they are channels.
    path
        For messages.
    by_imagej
        Whether ImageJ wrote the file.

    Raises
    ------
    InputError
        An inverted picture of one bit, a palette without colours, or planes that are no colours.
    """
    if samples.ndim == 3:
        planar = page.axes.startswith("S")
        samples = np.moveaxis(samples, 0, 2) if planar else samples
        if is_colour(page):
            if planar:
                _check_planar(samples, path)
            return samples[..., :3]
        samples = samples[..., channel]
    if is_coloured_by_palette(page, by_imagej):
        return _apply_palette(samples, page, path)
    return _to_grey(samples, page, path)


def _to_grey(samples: NDArray[Any], page: tifffile.TiffPage, path: Path) -> NDArray[Any]:
    kind, bits = int(page.photometric), page.bitspersample
    if kind == WHITE:
        if bits == 1 or samples.dtype.kind != "u":
            raise InputError(
                found=f"an inverted picture (MINISWHITE) of {bits} bit, type {samples.dtype}",
                where=path,
                expected="a picture in which 0 is black",
                advice="invert it and save it as 8 or 16 bit",
            )
        samples = samples.dtype.type(2**bits - 1) - samples
    if samples.dtype == np.uint8 and 1 < bits < 8:
        factor = np.float32(255 / (2**bits - 1))
        return map_strips(lambda values: np.rint(values * factor), samples, np.uint8)
    return samples


def _apply_palette(samples: NDArray[Any], page: tifffile.TiffPage, path: Path) -> NDArray[Any]:
    if page.colormap is None:
        raise InputError(found="a palette picture without palette", where=path, expected="a grey or RGB TIFF")
    palette = page.colormap.T
    colours = (palette if page.bitspersample > 8 else (palette >> 8).astype(np.uint8))[samples]
    if samples.any() and not colours.any():
        raise InputError(
            found="a palette in which every colour is black",
            where=path,
            expected="a grey or RGB TIFF",
            advice="export the channel in grey",
        )
    return colours


def _check_planar(samples: NDArray[Any], path: Path) -> None:
    """Refuse three or four slices that a library has written as the planes of a colour picture.

    Painted in one colour, the planes are proportional pixel by pixel, and transparency is the same all over.
    """
    seen = samples[:: max(1, samples.size // _MOST_COMPARED)]
    planes = seen.reshape(-1, samples.shape[2]).T.astype(np.float32)
    energy = (planes[:3] ** 2).mean(axis=1)
    strongest = planes[int(energy.argmax())]
    unlike = [
        plane
        for plane in planes[:3]
        if energy.any()
        and ((plane - plane @ strongest / (strongest @ strongest) * strongest) ** 2).mean() / energy.max()
        > _SAME_PLANE**2
    ]
    transparent = len(planes) > 3 and np.ptp(samples[..., 3]) > 0
    if unlike or transparent:
        alpha = " and transparency" if transparent else ""
        raise InputError(
            found=f"{len(planes)} unlike planes marked as red, green, blue{alpha}",
            where=path,
            expected="one channel",
            advice="slices are to be saved with photometric='minisblack', channels as files of their own",
        )


def _name(page: tifffile.TiffPage) -> str:
    return getattr(page.photometric, "name", str(page.photometric))

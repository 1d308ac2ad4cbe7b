import struct
from pathlib import Path

import numpy as np
import pytest

from data.images.formats.png import describe
from tests.factories.images.writers import PLANE, WIDE, write_png_with


def test_bits_that_a_file_states(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    for bits in (10, 12, 14):
        write_png_with(path, b"sBIT", bytes([bits]), WIDE)
        (picture,) = describe(path)
        assert (picture.dtype, picture.significant_bits, picture.colour) == ("uint16", bits, False)
    rgb = np.stack([PLANE] * 3, axis=-1)
    write_png_with(path, b"sBIT", bytes([8, 8, 8]), rgb)
    assert describe(path)[0].colour


@pytest.mark.parametrize(("per_metre", "um"), [(12_500_000, 0.08), (3_125_000, 0.32)])
def test_pixel_size(tmp_path: Path, per_metre: int, um: float) -> None:
    path = tmp_path / "a.png"
    write_png_with(path, b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1), PLANE)
    (picture,) = describe(path)
    assert picture.pixel_size_um == pytest.approx((um, um))
    assert picture.pixel_size_source == "pHYs"


@pytest.mark.parametrize(("per_metre", "unit"), [(2835, 1), (11811, 1), (12_500_000, 0), (0, 1)])
def test_resolutions_of_screens_are_no_pixel_size(tmp_path: Path, per_metre: int, unit: int) -> None:
    path = tmp_path / "a.png"
    write_png_with(path, b"pHYs", struct.pack(">IIB", per_metre, per_metre, unit), PLANE)
    assert describe(path)[0].pixel_size_um is None

"""OIR has no writer, and its reader needs Python 3.12: a stand-in of its interface takes its place."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from data.errors import InputError
from data.images.formats.microscopes import oir
from data.images.image_file import describe_file, read_plane
from data.images.plane_address import PlaneAddress
from tests.factories.images.microscope_files import NAMES, draw_positions

DATA = draw_positions(1, 3)[0]


class StandIn:
    """As oirfile.OirFile 2026.10 behaves: axes T, L, Z, C, Y, X, those of length 1 dropped."""

    def __init__(self, values: np.ndarray, axes: str) -> None:
        self.values = values.squeeze()
        self.sizes = {axis: size for axis, size in zip(axes, values.shape, strict=True) if size > 1}
        self.dtype, self.bitspersample = values.dtype, 12
        self.channels = tuple(SimpleNamespace(name=name) for name in NAMES)
        self.coords = {"C": np.array(NAMES)} if "C" in self.sizes else {}
        self.coord_scales = {"Y": 0.1, "X": 0.11}

    def __enter__(self) -> "StandIn":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def asarray(self) -> np.ndarray:
        return self.values


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    def make(values: np.ndarray, axes: str) -> Path:
        module = ModuleType("oirfile")
        module.OirFile = lambda path: StandIn(values, axes)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "oirfile", module)
        monkeypatch.setattr(oir, "_OLDEST_PYTHON", (3, 11))
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.oir"
        path.write_bytes(b"OLYMPUSRAWFORMAT")
        return path

    return make


def test_slices_and_channels(make: Callable[..., Path]) -> None:
    path = make(DATA, "ZCYX")
    (picture,) = describe_file(path)
    assert (picture.channels, picture.slices, picture.significant_bits) == (NAMES, 3, 12)
    assert picture.pixel_size_um == (0.1, 0.11)
    for z, channel in np.ndindex(3, 4):
        plane = read_plane(path, "red", PlaneAddress(0, channel, str(z)))
        assert np.array_equal(plane, DATA[z, channel])


def test_one_plane(make: Callable[..., Path]) -> None:
    path = make(DATA[:1, :1], "ZCYX")
    assert np.array_equal(read_plane(path, "red"), DATA[0, 0])


@pytest.mark.parametrize(("axes", "said"), [("TCYX", "3 time points"), ("LCYX", r"dimensions L \(3\)")])
def test_other_axes_are_refused(make: Callable[..., Path], axes: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_plane(make(DATA, axes), "red", PlaneAddress(0, 1, "0"))


def test_a_plane_that_was_not_recorded(make: Callable[..., Path]) -> None:
    data = DATA.copy()
    data[1, 2] = 0
    with pytest.raises(InputError, match="channel 2, slice 1 was not recorded"):
        read_plane(make(data, "ZCYX"), "red", PlaneAddress(0, 2, "1"))


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the reader can be installed")
def test_the_python_that_the_reader_needs_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.oir").write_bytes(b"OLYMPUSRAWFORMAT")
    with pytest.raises(InputError, match=r"needs Python 3\.12 or later"):
        describe_file(tmp_path / "a.oir")


def test_the_whole_file_is_decoded_at_once_and_must_not_be_too_large(make: Callable[..., Path]) -> None:
    path, pixels = make(DATA, "ZCYX"), DATA.nbytes // 8
    assert read_plane(path, "red", PlaneAddress(0, 1, "0", pixels)).shape == DATA.shape[2:]
    with pytest.raises(InputError, match=f"unpacked at once; .*--set images.max_pixels={pixels}$"):
        read_plane(path, "red", PlaneAddress(0, 1, "0", pixels - 1))
    with pytest.raises(InputError, match="a picture of 60 x 48 px"):
        read_plane(path, "red", PlaneAddress(0, 1, "0", 1000))

"""ND2 has no free writer: a stand-in of the reader's documented interface takes its place."""

import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from data.errors import InputError
from data.images.image_file import describe_file, read_plane
from data.images.plane_address import PlaneAddress
from tests.factories.images.microscope_files import NAMES, draw_positions

DATA = draw_positions(2, 3)


class StandIn:
    """As nd2.ND2File 0.12 behaves: frames hold all channels, axes of length 1 are dropped."""

    def __init__(
        self, frames: np.ndarray, loops: dict[str, int], names: tuple[str, ...], **options: Any
    ) -> None:
        channels, height, width, samples = frames.shape[1:]
        self.frames = frames
        sizes = loops | {"C": channels, "Y": height, "X": width} | ({"S": 3} if samples == 3 else {})
        self.sizes = {axis: size for axis, size in sizes.items() if size > 1}
        self.loop_indices = tuple(
            dict(zip(loops, indices, strict=True)) for indices in product(*map(range, loops.values()))
        )
        self.components_per_channel = samples
        self.dtype = frames.dtype
        self.attributes = SimpleNamespace(
            channelCount=channels,
            componentCount=channels * samples,
            heightPx=height,
            widthPx=width,
            bitsPerComponentSignificant=12,
        )
        calibrated = options.get("calibrated", True)
        volume = SimpleNamespace(axesCalibrated=(calibrated,) * 3, axesCalibration=(0.11, 0.1, 0.3))
        self.metadata = SimpleNamespace(
            channels=[SimpleNamespace(channel=SimpleNamespace(name=name), volume=volume) for name in names]
        )
        points = [SimpleNamespace(name=f"point {number}") for number in range(loops.get("P", 0))]
        self.experiment = [SimpleNamespace(type="XYPosLoop", parameters=SimpleNamespace(points=points))]

    def __enter__(self) -> "StandIn":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read_frame(self, number: int) -> np.ndarray:
        return self.frames[number].squeeze()


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    def make(
        frames: np.ndarray, loops: dict[str, int], names: tuple[str, ...] = NAMES, **options: Any
    ) -> Path:
        module = ModuleType("nd2")
        module.ND2File = lambda path: StandIn(frames, loops, names, **options)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "nd2", module)
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.nd2"
        path.write_bytes(b"")
        return path

    return make


def test_positions_slices_and_channels(make: Callable[..., Path]) -> None:
    path = make(DATA.reshape(6, 4, 48, 60, 1), {"P": 2, "Z": 3})
    first, second = describe_file(path)
    assert (first.name, second.name) == ("point 0", "point 1")
    assert (first.channels, first.slices, first.significant_bits) == (NAMES, 3, 12)
    assert first.pixel_size_um == (0.1, 0.11)
    for position, z, channel in np.ndindex(2, 3, 4):
        plane = read_plane(path, "red", PlaneAddress(position, channel, str(z)))
        assert np.array_equal(plane, DATA[position, z, channel])


def test_loops_in_the_other_order(make: Callable[..., Path]) -> None:
    path = make(DATA.transpose(1, 0, 2, 3, 4).reshape(6, 4, 48, 60, 1), {"Z": 3, "P": 2})
    assert np.array_equal(read_plane(path, "red", PlaneAddress(1, 3, "2")), DATA[1, 2, 3])


def test_one_frame_of_one_channel(make: Callable[..., Path]) -> None:
    path = make(DATA[0, 0, :1].reshape(1, 1, 48, 60, 1), {}, ("DAPI",), calibrated=False)
    (picture,) = describe_file(path)
    assert (picture.channels, picture.pixel_size_um) == (("DAPI",), None)
    assert np.array_equal(read_plane(path, "red"), DATA[0, 0, 0])


def test_colours(make: Callable[..., Path]) -> None:
    frame = np.zeros((1, 1, 48, 60, 3), np.uint8)
    frame[..., 1] = 200
    path = make(frame, {}, ("",))
    assert describe_file(path)[0].colour
    assert (read_plane(path, "green") == 200).all()


def test_a_frame_that_was_not_recorded(make: Callable[..., Path]) -> None:
    data = DATA.reshape(6, 4, 48, 60, 1).copy()
    data[4] = 0
    path = make(data, {"P": 2, "Z": 3})
    with pytest.raises(InputError, match="position 1, slice 1 was not recorded"):
        read_plane(path, "red", PlaneAddress(1, 0, "1"))
    assert np.array_equal(read_plane(path, "red", PlaneAddress(1, 0, "2")), DATA[1, 2, 0])


def test_time_points_and_other_loops_are_refused(make: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="6 time points"):
        read_plane(make(DATA.reshape(6, 4, 48, 60, 1), {"T": 6}), "red", PlaneAddress(0, 1, "0"))
    with pytest.raises(InputError, match=r"dimensions L \(6\)"):
        describe_file(make(DATA.reshape(6, 4, 48, 60, 1), {"L": 6}))


def test_without_the_reader_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "nd2", None)
    (tmp_path / "a.nd2").write_bytes(b"")
    with pytest.raises(InputError, match=r'pip install "hpacells\[formats\]"'):
        describe_file(tmp_path / "a.nd2")

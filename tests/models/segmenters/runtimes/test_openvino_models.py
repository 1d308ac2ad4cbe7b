import logging
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from data.errors import InputError
from models.runtimes.openvino_library import has_openvino
from models.segmenters.runtimes.calibration import Calibration
from models.segmenters.runtimes.factory import make_runtime
from models.segmenters.runtimes.openvino_models import converted_model

pytestmark = pytest.mark.skipif(not has_openvino(), reason="the extra openvino is not installed")


def refuse() -> nn.Module:
    raise AssertionError


def test_a_network_is_converted_once_for_each_precision_and_weights(
    make_network: Callable[[], nn.Module], cache: Path
) -> None:
    path = converted_model(make_network, "a", "float32", None)
    assert path.is_relative_to(cache)
    assert converted_model(refuse, "a", "float32", None) == path
    half = converted_model(make_network, "a", "bfloat16", None)
    other = converted_model(make_network, "b", "float32", None)
    assert len({path, half, other}) == 3
    assert half.with_suffix(".bin").stat().st_size < 0.6 * path.with_suffix(".bin").stat().st_size
    assert len(list((cache / "openvino").iterdir())) == 3


def test_an_int8_network_belongs_to_its_images(
    make_network: Callable[[], nn.Module], images: list[np.ndarray], capsys: pytest.CaptureFixture[str]
) -> None:
    first = converted_model(make_network, "a", "int8", Calibration("one", lambda: images))
    assert converted_model(refuse, "a", "int8", Calibration("one", list)) == first
    brighter = Calibration("two", lambda: [3 * image for image in images])
    assert converted_model(make_network, "a", "int8", brighter) != first
    assert "FakeQuantize" in first.read_text()
    assert capsys.readouterr().out == ""


def test_the_application_keeps_its_messages(
    make_network: Callable[[], nn.Module], images: list[np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    converted_model(make_network, "a", "int8", Calibration("one", lambda: images))
    logging.getLogger("hpacells").warning("still told")
    assert "still told" in caplog.text


def test_a_conversion_that_fails_leaves_nothing(make_network: Callable[[], nn.Module], cache: Path) -> None:
    with pytest.raises(InputError, match="no image to calibrate on"):
        converted_model(make_network, "a", "int8", Calibration("none", list))
    assert not list(cache.rglob("*"))


def test_a_damaged_file_is_told(make_network: Callable[[], nn.Module]) -> None:
    converted_model(make_network, "a", "float32", None).with_suffix(".bin").write_bytes(b"")
    with pytest.raises(InputError, match="OpenVINO cannot use it.*remove the folder"):
        make_runtime("openvino", refuse, "a").prepare()


def test_nothing_is_reported_to_the_makers(tmp_path: Path) -> None:
    program = """
import socket
def refuse(*arguments): raise SystemExit("a connection was opened")
socket.socket.connect = refuse
from models.runtimes.openvino_library import import_nncf, import_openvino
import_openvino(), import_nncf()
from torch import nn
import openvino
openvino.convert_model(nn.Conv2d(1, 1, 1), example_input=__import__("torch").zeros(1, 1, 4, 4))
import sys
import weakref
assert sys.modules["openvino_telemetry"] is None
"""
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        cwd=Path(__file__).parents[4],
        env={"HOME": str(home), "OMP_NUM_THREADS": "1"},
    )
    assert not list(home.iterdir())


def test_a_network_is_let_go_once_it_is_converted(make_network: Callable[[], nn.Module], cache: Path) -> None:
    made = []

    def make() -> nn.Module:
        network = make_network()
        made.append(weakref.ref(network))
        return network

    converted_model(make, "let go", "float32", None)
    assert [network() for network in made] == [None]

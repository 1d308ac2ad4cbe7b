from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from data.errors import InputError
from models.device import uses_bfloat16
from models.runtimes import names, openvino_library
from models.runtimes.names import RUNTIMES, resolve_runtime, runtime_names, runtimes_of_processor
from models.segmenters.runtimes.calibration import Calibration
from models.segmenters.runtimes.factory import make_runtime

FLOAT32_ERROR = 1e-5
BFLOAT16_ERROR = 0.06
INT8_MEAN_ERROR = 0.03
"""Differences from float32 in standard deviations of the logits. Eight bits over nine standard deviations are
steps of 0.035, so errors of 0.01 in the weights and inputs of each of three layers; the largest is left open,
as what lies beyond the calibrated range is cut off."""


def skip_unless_at_hand(name: str) -> None:
    try:
        resolve_runtime(name)
    except InputError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", RUNTIMES)
def test_every_runtime_gives_the_logits_of_float32(
    name: str, make_network: Callable[[], nn.Module], images: list[np.ndarray], logits: list[np.ndarray]
) -> None:
    skip_unless_at_hand(name)
    runtime = make_runtime(name, make_network, "small 1", Calibration("some", lambda: images))
    runtime.prepare(workers=2)
    with ThreadPoolExecutor(4) as executor:
        outputs = list(executor.map(runtime, images * 5))
    for output, expected in zip(outputs, logits * 5, strict=True):
        assert output.dtype == np.float32
        assert output.shape == expected.shape
        error = np.abs(output - expected) / expected.std()
        if name == "openvino-int8":
            assert error.mean() < INT8_MEAN_ERROR
        else:
            assert error.max() < (FLOAT32_ERROR if name in ("torch", "openvino") else BFLOAT16_ERROR)
    for first, again in zip(outputs[:4], outputs[-4:], strict=True):
        np.testing.assert_array_equal(first, again)


def test_results_stay_what_they_were_after_the_next_call(
    make_network: Callable[[], nn.Module], images: list[np.ndarray]
) -> None:
    runtime = make_runtime("auto", make_network, "small 1")
    first = runtime(images[0])
    kept = first.copy()
    runtime(images[2])
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("name", RUNTIMES)
def test_nothing_is_loaded_for_the_identity(name: str) -> None:
    skip_unless_at_hand(name)

    def make() -> nn.Module:
        raise AssertionError

    runtime = make_runtime(name, make, "small 1", Calibration("some", lambda: []))
    library, _, precision = name.partition("-")
    assert runtime.identity().startswith(f"{library} {precision}".strip())
    assert ("some" in runtime.identity()) == (precision == "int8")


def test_the_network_is_loaded_once(make_network: Callable[[], nn.Module], images: list[np.ndarray]) -> None:
    made = []

    def make() -> nn.Module:
        made.append(make_network())
        return made[-1]

    runtime = make_runtime("torch", make, "small 1")
    with ThreadPoolExecutor(4) as executor:
        list(executor.map(runtime, images))
    runtime.prepare(3)
    assert len(made) == 1


@pytest.mark.parametrize(
    ("cuda", "openvino", "bfloat16", "expected"),
    [
        (True, True, True, "cuda"),
        (False, True, True, "openvino-bfloat16"),
        (False, True, False, "openvino"),
        (False, False, True, "torch-bfloat16"),
        (False, False, False, "torch"),
    ],
)
def test_auto_takes_the_best_at_hand(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, openvino: bool, bfloat16: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(names, "has_openvino", lambda: openvino)
    monkeypatch.setattr(names, "uses_bfloat16", lambda *_: bfloat16)
    monkeypatch.setattr(names, "choose_by_trial", lambda candidates: candidates[0])
    assert resolve_runtime("auto") == expected


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(openvino_library, "has_openvino", lambda: False)
    monkeypatch.setattr(names, "uses_bfloat16", lambda *_: False)
    with pytest.raises(InputError, match="no runtime 'onnx'; expected auto or cuda or"):
        resolve_runtime("onnx")
    with pytest.raises(InputError, match=r"pip install 'hpacells\[openvino\]'"):
        resolve_runtime("openvino-int8")
    with pytest.raises(InputError, match="no CUDA device"):
        resolve_runtime("cuda")
    with pytest.raises(InputError, match="does not compute in bfloat16.*use runtime torch$"):
        resolve_runtime("torch-bfloat16")
    assert runtime_names()[0] == "auto"


def test_bfloat16_is_offered_where_torch_says_so() -> None:
    offered = [name for name in runtimes_of_processor() if name.endswith("bfloat16")]
    assert bool(offered) == uses_bfloat16("auto", torch.device("cpu"))


@pytest.mark.parametrize("shape", [(3, 64, 65), (3, 20, 32), (64, 64)])
def test_images_that_the_network_cannot_halve_are_refused(
    make_network: Callable[[], nn.Module], shape: tuple[int, ...]
) -> None:
    with pytest.raises(InputError, match="multiples of 32"):
        make_runtime("torch", make_network, "small 1")(np.zeros(shape, np.float32))

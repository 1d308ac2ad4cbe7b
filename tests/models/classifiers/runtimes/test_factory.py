import logging
from collections.abc import Callable

import numpy as np
import pytest
import torch

from data.errors import InputError
from data.tiles.preparation import TileSettings
from models.classifiers.classifier import Classifier
from models.classifiers.runtimes import factory as choose
from models.classifiers.runtimes.factory import make_batch_runtime
from models.runtimes.openvino_library import has_openvino

TILES = np.random.default_rng(4).integers(0, 256, (3, 32, 32, 2), dtype=np.uint8)


def test_torch_by_name(make_classifier: Callable[..., Classifier]) -> None:
    classifier = make_classifier()
    with torch.inference_mode():
        expected = classifier(torch.from_numpy(TILES).permute(0, 3, 1, 2))
    runtime = make_batch_runtime(classifier, "torch")
    assert runtime.identity() == "torch cpu float32"
    torch.testing.assert_close(runtime(TILES), expected, atol=1e-4, rtol=1e-4)


def test_auto_falls_back_on_torch(
    make_classifier: Callable[..., Classifier],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise InputError(found="OpenVINO cannot run it", where="here")

    monkeypatch.setattr(choose, "OpenVinoRuntime", refuse)
    monkeypatch.setattr(choose, "resolve_runtime", lambda name: "openvino-bfloat16")
    with caplog.at_level(logging.WARNING, "hpacells"):
        assert make_batch_runtime(make_classifier(), "auto").identity() == "torch cpu bfloat16"
    assert "OpenVINO cannot run it; torch runs it" in caplog.text
    with pytest.raises(InputError, match="cannot run it"):
        make_batch_runtime(make_classifier(), "openvino-bfloat16")


def test_runtimes_that_there_are_not(make_classifier: Callable[..., Classifier]) -> None:
    with pytest.raises(InputError, match="no runtime 'onnx'.*auto or cuda"):
        make_batch_runtime(make_classifier(), "onnx")


@pytest.mark.skipif(not has_openvino(), reason="the extra openvino is not installed")
def test_int8_is_calibrated_on_tiles_of_the_classifier_s_settings(
    make_classifier: Callable[..., Classifier],
) -> None:
    classifier, asked = make_classifier(), []

    def calibrate(settings: TileSettings) -> np.ndarray:
        asked.append(settings)
        return TILES

    runtime = make_batch_runtime(classifier, "openvino-int8", calibrate)
    assert runtime.identity() == "openvino int8 calibrated on 3 tiles"
    assert asked == [classifier.architecture.tiles]
    with pytest.raises(InputError, match="no tile to calibrate on"):
        make_batch_runtime(make_classifier(), "openvino-int8")

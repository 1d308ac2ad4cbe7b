import logging
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from data.errors import InputError
from models.classifiers.classifier import Classifier, Scores
from models.classifiers.runtimes import factory
from models.classifiers.runtimes.bfloat16_check import measure_difference
from models.classifiers.runtimes.factory import make_batch_runtime
from models.classifiers.runtimes.torch_runtime import TorchRuntime
from models.runtimes.names import CPU


class WrongRuntime(TorchRuntime):
    """Gives half of what it should."""

    def __call__(self, tiles: NDArray[np.uint8]) -> Scores:
        scores = super().__call__(tiles)
        return Scores(scores.logits, scores.embedding * 0.25)


def test_rounding_is_small_and_a_wrong_kernel_is_not(make_classifier: Callable[..., Classifier]) -> None:
    classifier = make_classifier()
    assert measure_difference(TorchRuntime(classifier, CPU, torch.float32)) == 0
    assert 0 < measure_difference(TorchRuntime(classifier, CPU, torch.bfloat16)) < 0.05
    assert measure_difference(WrongRuntime(classifier, CPU, torch.float32)) == pytest.approx(0.75)


def test_float32_takes_the_place_of_wrong_bfloat16(
    make_classifier: Callable[..., Classifier],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(factory, "TorchRuntime", WrongRuntime)
    monkeypatch.setattr(factory, "resolve_runtime", lambda name: "torch-bfloat16")
    with caplog.at_level(logging.WARNING, "hpacells"):
        assert make_batch_runtime(make_classifier()).identity() == "torch cpu float32"
    assert "bfloat16 gives something else than float32 (embeddings differ by 75%)" in caplog.text
    assert caplog.text.rstrip().endswith("float32 is used")
    with pytest.raises(InputError, match="embeddings differ by 75%.*use runtime openvino or torch"):
        make_batch_runtime(make_classifier(), "torch-bfloat16")

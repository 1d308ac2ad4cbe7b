import logging
from collections.abc import Callable

import numpy as np
import pytest
import torch

from data.errors import InputError
from models.classifiers.classifier import Classifier
from models.classifiers.heads.settings import BufferedHeadSettings
from models.classifiers.runtimes.openvino_runtime import OpenVinoRuntime, Precision
from models.classifiers.runtimes.torch_runtime import TorchRuntime
from models.runtimes.openvino_library import has_openvino

pytestmark = pytest.mark.skipif(not has_openvino(), reason="the extra openvino is not installed")

TILES = np.random.default_rng(4).integers(0, 256, (9, 32, 32, 2), dtype=np.uint8)


@pytest.mark.parametrize(("precision", "most"), [("float32", 1e-4), ("bfloat16", 1e-2), ("int8", 0.05)])
@pytest.mark.parametrize("mode", ["single-label", "multi-label"])
def test_probabilities_are_those_of_torch(
    make_classifier: Callable[..., Classifier], mode: str, precision: Precision, most: float
) -> None:
    plain = make_classifier(mode=mode)
    expected = TorchRuntime(plain, torch.device("cpu"), torch.float32)(TILES)
    runtime = OpenVinoRuntime(make_classifier(mode=mode), precision, TILES)
    for tiles in (TILES, TILES[:3]):
        scores = runtime(tiles)
        probabilities = runtime.classifier.probabilities(scores.logits)
        wanted = plain.probabilities(expected.logits)[: len(tiles)]
        torch.testing.assert_close(probabilities, wanted, atol=most, rtol=0)
        closest = 0.05 if precision != "int8" else 0.5
        torch.testing.assert_close(
            scores.embedding, expected.embedding[: len(tiles)], atol=closest, rtol=closest
        )
    calibrated = " calibrated on 9 tiles" if precision == "int8" else ""
    assert runtime.identity() == f"openvino {precision}{calibrated}"


def test_int8_needs_tiles(make_classifier: Callable[..., Classifier]) -> None:
    for tiles in (None, TILES[:0]):
        with pytest.raises(InputError, match="no tile to calibrate on"):
            OpenVinoRuntime(make_classifier(), "int8", tiles)


def test_a_head_of_selu_units(make_classifier: Callable[..., Classifier]) -> None:
    head = BufferedHeadSettings(activation="selu", normalise="none", widths=(8,), dropouts=(0.3,))
    plain = make_classifier(head=head)
    expected = TorchRuntime(plain, torch.device("cpu"), torch.float32)(TILES)
    logits = OpenVinoRuntime(make_classifier(head=head))(TILES).logits
    torch.testing.assert_close(logits, expected.logits, atol=1e-4, rtol=0)


def test_results_outlive_the_next_batch(make_classifier: Callable[..., Classifier]) -> None:
    runtime = OpenVinoRuntime(make_classifier())
    first = runtime(TILES)
    kept = first.logits.clone()
    runtime(255 - TILES)
    assert torch.equal(first.logits, kept)


def test_a_network_that_it_does_not_know(make_classifier: Callable[..., Classifier]) -> None:
    class Unknown(torch.nn.Module):
        def forward(self, features: torch.Tensor) -> torch.Tensor:
            return torch.special.bessel_j0(features)

    classifier = make_classifier()
    classifier.backbone = torch.nn.Sequential(classifier.backbone, Unknown())  # type: ignore[assignment]
    root = logging.getLogger()
    before = root.level, list(root.filters), list(root.handlers)
    with pytest.raises(InputError, match="OpenVINO cannot run test_efficientnet.*use runtime torch"):
        OpenVinoRuntime(classifier)
    # OpenVINO itself would leave the level at ERROR, and every later warning unseen.
    assert (root.level, root.filters, root.handlers) == before

from collections.abc import Callable

import numpy as np
import pytest
import torch

from data.errors import InputError
from models.classifiers.classifier import Classifier
from models.classifiers.explanations.grad_cam import explain_tiles, may_have_grad_cam

CPU = torch.device("cpu")
TILES = np.random.default_rng(2).integers(0, 256, (3, 64, 64, 2)).astype(np.uint8)
SETTINGS = {"size": 64, "channels": ["red", "green"]}


def explain_by_hand(classifier: Classifier, pool: Callable[[torch.Tensor], torch.Tensor]) -> np.ndarray:
    """Compute Grad-CAM tile by tile from the feature map, its pooling and the head."""
    maps = []
    for tile in torch.from_numpy(TILES).permute(0, 3, 1, 2):
        features = classifier.feature_map(tile[None]).detach().requires_grad_()
        _, logits = classifier.head(pool(features))
        logits[0, logits.argmax()].backward()
        assert features.grad is not None
        weights = features.grad[0].mean(dim=(1, 2))
        maps.append(torch.einsum("f,fhw->hw", weights, features[0].detach()).clamp(min=0).numpy())
    return np.stack(maps)


@pytest.mark.parametrize(
    ("head", "pool"),
    [
        ({"kind": "linear"}, lambda features: features.mean(dim=(2, 3))),
        ({"kind": "linear", "pooling": "average-maximum"}, lambda features: features),
        ({"kind": "convolution"}, lambda features: features),
    ],
    ids=["average", "average and maximum", "convolution"],
)
@pytest.mark.parametrize("frozen", [False, True])
def test_as_by_hand(
    make_classifier: Callable[..., Classifier], head: dict[str, str], pool: Callable, frozen: bool
) -> None:
    backbone = {"name": "test_efficientnet", "pretrained": "none"}
    classifier = make_classifier(tiles=SETTINGS, backbone=backbone, head=head).eval()
    classifier.requires_grad_(not frozen)
    found = explain_tiles(classifier, TILES, CPU)
    np.testing.assert_allclose(found.maps, explain_by_hand(classifier, pool), rtol=1e-3, atol=1e-6)
    with torch.inference_mode():
        logits = classifier(torch.from_numpy(TILES).permute(0, 3, 1, 2)).logits
    np.testing.assert_array_equal(found.classes, logits.argmax(dim=1))
    assert may_have_grad_cam(classifier.architecture)


def test_nothing_is_left_behind(make_classifier: Callable[..., Classifier]) -> None:
    backbone = {"name": "test_efficientnet", "pretrained": "none"}
    classifier = make_classifier(tiles=SETTINGS, backbone=backbone).eval()
    explain_tiles(classifier, TILES, CPU)
    assert not any(module._forward_hooks for module in classifier.modules())
    assert all(parameter.grad is None for parameter in classifier.parameters())


def test_a_network_whose_head_takes_other_features(make_classifier: Callable[..., Classifier]) -> None:
    classifier = make_classifier(tiles=SETTINGS, backbone={"name": "test_vit", "pretrained": "none"}).eval()
    with pytest.raises(InputError, match="test_vit has no last feature map that its head takes"):
        explain_tiles(classifier, TILES, CPU)

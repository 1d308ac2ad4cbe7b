import pytest
import torch

from data.tiles.preparation import TileSettings
from models.classifiers.backbones.settings import BackboneSettings
from models.classifiers.classifier import Architecture, Classifier, Normalisation
from models.classifiers.heads.settings import EmbeddingHeadSettings


def make_classifier(mode: str = "single-label") -> Classifier:
    torch.manual_seed(3)
    architecture = Architecture.model_validate(
        {
            "mode": mode,
            "tiles": TileSettings(size=32),
            "normalisation": Normalisation(mean=(0.1, 0.2, 0.3, 0.4), deviation=(0.1, 0.2, 0.3, 0.4)),
            "backbone": BackboneSettings(name="test_efficientnet", pretrained="none"),
            "head": EmbeddingHeadSettings(embedding=24),
        }
    )
    return Classifier(architecture)


def test_shapes_and_types() -> None:
    tiles = torch.zeros(5, 4, 32, 32, dtype=torch.uint8)
    scores = make_classifier()(tiles)
    assert (scores.logits.shape, scores.embedding.shape) == ((5, 19), (5, 24))
    assert scores.logits.dtype == scores.embedding.dtype == torch.float32


def test_every_channel_is_standardised_by_its_own_figures() -> None:
    classifier = make_classifier().eval()
    seen = []
    classifier.backbone.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    tiles = torch.tensor([51, 102, 153, 204], dtype=torch.uint8).reshape(1, 4, 1, 1).expand(1, 4, 32, 32)
    classifier(tiles)
    expected = torch.tensor([1.0, 1.0, 1.0, 1.0]).reshape(1, 4, 1, 1).expand(1, 4, 32, 32)
    torch.testing.assert_close(seen[0], expected)


def test_probabilities_of_one_class_a_tile_sum_to_one() -> None:
    logits = torch.tensor([[1.0, 2.0, 3.0]])
    probabilities = make_classifier().probabilities(logits)
    assert probabilities.sum().item() == pytest.approx(1)
    assert probabilities.argmax() == 2


def test_probabilities_of_any_number_of_classes_are_each_on_their_own() -> None:
    logits = torch.tensor([[0.0, 10.0, 10.0]])
    probabilities = make_classifier("multi-label").probabilities(logits)
    torch.testing.assert_close(probabilities, torch.sigmoid(logits))


def test_another_classifier_gives_all_weights_that_fit() -> None:
    classifier = make_classifier()
    other = Classifier(classifier.architecture.model_copy(update={"class_names": ("a", "b")}))
    before = classifier.head.classify[3].weight.clone()
    state = {**other.state_dict(), "unknown": torch.zeros(1)}
    left_out = classifier.load_matching(state)
    assert left_out == ["head.classify.3.weight", "head.classify.3.bias", "unknown"]
    assert torch.equal(classifier.head.classify[3].weight, before)
    loaded = classifier.state_dict()
    assert all(torch.equal(loaded[name], state[name]) for name in set(state) - set(left_out))


@pytest.mark.parametrize(
    ("head", "embedding"),
    [
        ({}, 256),
        ({"kind": "linear"}, 256),
        ({"kind": "linear", "pooling": "average-maximum"}, 512),
        ({"kind": "buffered", "widths": [40, 20], "dropouts": [0.25, 0.5]}, 20),
        ({"kind": "convolution", "width": 30}, 30),
    ],
)
def test_every_head_goes_with_the_backbone(head: dict[str, object], embedding: int) -> None:
    described = make_classifier().architecture.model_dump()
    classifier = Classifier(Architecture.model_validate({**described, "head": head}))
    scores = classifier(torch.randint(0, 256, (5, 4, 32, 32), dtype=torch.uint8))
    assert (scores.logits.shape, scores.embedding.shape) == ((5, 19), (5, embedding))
    assert classifier.head.embedding_size == embedding
    scores.logits.square().mean().backward()
    assert all(parameter.grad is not None for parameter in classifier.parameters())

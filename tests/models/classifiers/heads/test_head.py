import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from torch import nn

from models.classifiers.heads.buffered import BufferedHead
from models.classifiers.heads.convolution import ConvolutionHead
from models.classifiers.heads.embedding import EmbeddingHead
from models.classifiers.heads.head import Head, create_head, wants_map
from models.classifiers.heads.linear import LinearHead
from models.classifiers.heads.pooling import Pool
from models.classifiers.heads.settings import (
    BufferedHeadSettings,
    ConvolutionHeadSettings,
    EmbeddingHeadSettings,
    HeadSettings,
    LinearHeadSettings,
)


def create(features: int = 12, **settings: object) -> Head:
    torch.manual_seed(0)
    return create_head(TypeAdapter(HeadSettings).validate_python(settings), features, 5)


@given(st.integers(1, 3), st.integers(1, 5), st.integers(1, 7), st.integers(1, 7), st.integers(0, 99))
def test_concatenate_pooling_against_numpy(
    count: int, features: int, height: int, width: int, seed: int
) -> None:
    plane = np.random.default_rng(seed).normal(size=(count, features, height, width)).astype(np.float32)
    expected = np.concatenate([plane.mean(axis=(2, 3)), plane.max(axis=(2, 3))], axis=1)
    pooled = Pool("average-maximum", plane.shape[1])(torch.from_numpy(plane))
    np.testing.assert_allclose(pooled.numpy(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "kind", "takes_map"),
    [
        ({}, EmbeddingHead, False),
        ({"embedding": 8, "pooling": "average-maximum"}, EmbeddingHead, True),
        ({"kind": "linear"}, LinearHead, False),
        ({"kind": "linear", "pooling": "average-maximum"}, LinearHead, True),
        ({"kind": "buffered"}, BufferedHead, True),
        ({"kind": "buffered", "pooling": "average"}, BufferedHead, False),
        ({"kind": "convolution"}, ConvolutionHead, True),
    ],
)
def test_the_kind_chooses_the_head(settings: dict[str, object], kind: type, takes_map: bool) -> None:
    parsed = TypeAdapter(HeadSettings).validate_python(settings)
    head = create_head(parsed, 12, 5)
    assert type(head) is kind
    assert wants_map(parsed) == takes_map
    features = torch.randn(6, 12, 3, 2) if takes_map else torch.randn(6, 12)
    embedding, logits = head(features)
    assert (embedding.shape, logits.shape) == ((6, head.embedding_size), (6, 5))
    (logits.square().mean() + embedding.square().mean()).backward()
    assert all(parameter.grad is not None for parameter in head.parameters())
    head.eval()
    embedding, logits = head(features)
    torch.testing.assert_close(head.classify(embedding), logits)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "linear", "embedding": 8}, "embedding"),
        ({"widths": [8]}, "widths"),
        ({"kind": "convolution", "pooling": "average"}, "pooling"),
        ({"kind": "buffered", "widths": [8, 4]}, "2 widths but 1 dropouts"),
        ({"kind": "buffered", "widths": [0]}, "widths must be 1 or more"),
        ({"kind": "buffered", "dropouts": [1.0]}, "up to, but not, 1"),
        ({"kind": "bufferd"}, "'embedding', 'linear', 'buffered', 'convolution'"),
    ],
)
def test_settings_that_a_head_does_not_take(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(HeadSettings).validate_python(settings)


def test_the_layers_of_zhang2021() -> None:
    """4,096 pooled features, 4,096 units with dropout 0.25, 1,024 with 0.5, after a ResNet-101."""
    head = create(2048, kind="buffered", widths=[4096, 1024], dropouts=[0.25, 0.5])
    layers = [layer for part in (head.embed, head.classify) for layer in part]
    assert [type(layer).__name__ for layer in layers] == [
        *("BatchNorm1d", "Linear", "ReLU", "Dropout"),
        *("BatchNorm1d", "Linear", "ReLU", "Dropout"),
        "Linear",
    ]
    assert [layer.weight.shape for layer in layers if isinstance(layer, nn.Linear)] == [
        (4096, 4096),
        (1024, 4096),
        (5, 1024),
    ]
    assert [layer.p for layer in layers if isinstance(layer, nn.Dropout)] == [0.25, 0.5]


@pytest.mark.parametrize("normalise", ["before", "after", "none"])
@pytest.mark.parametrize("activation", ["relu", "selu"])
def test_the_order_of_a_buffering_layer(activation: str, normalise: str) -> None:
    head = create(
        kind="buffered",
        pooling="average",
        widths=[7],
        dropouts=[0.4],
        activation=activation,
        normalise=normalise,
    ).eval()
    features = torch.randn(6, 12)
    norms = [module for module in head.modules() if isinstance(module, nn.BatchNorm1d)]
    for norm in norms:
        norm.running_mean = torch.randn(norm.num_features)
    linear = next(layer for layer in head.embed if isinstance(layer, nn.Linear))
    flow = norms[0](features) if normalise == "before" else features
    flow = flow @ linear.weight.T + linear.bias
    flow = norms[0](flow) if normalise == "after" else flow
    expected = flow.relu() if activation == "relu" else torch.selu(flow)
    embedding, logits = head(features)
    torch.testing.assert_close(embedding, expected)
    torch.testing.assert_close(logits, expected @ head.classify[1].weight.T + head.classify[1].bias)
    assert len(norms) == (normalise != "none")
    assert isinstance(head.classify[0], nn.Dropout if activation == "relu" else nn.AlphaDropout)


def test_selu_layers_start_with_the_variance_of_their_inputs() -> None:
    settings = BufferedHeadSettings(
        pooling="average", widths=(256, 256), dropouts=(0.3, 0.3), activation="selu", normalise="none"
    )
    torch.manual_seed(0)
    head = BufferedHead(Pool(settings.pooling, 224), 19, settings)
    for layer in head.modules():
        if isinstance(layer, nn.Linear):
            assert layer.weight.var().item() * layer.in_features == pytest.approx(1, rel=0.1)
            assert not layer.bias.any()
    assert sum(p.numel() for p in head.parameters()) == 224 * 256 + 256 + 256 * 256 + 256 + 256 * 19 + 19


def test_the_convolution_against_numpy() -> None:
    torch.manual_seed(0)
    head = ConvolutionHead(3, 2, ConvolutionHeadSettings(width=4)).eval()
    plane = np.random.default_rng(0).normal(size=(3, 4, 5))
    layer = head.embed[0]
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    bordered = np.pad(plane, ((0, 0), (1, 1), (1, 1)))
    total = np.zeros((4, 4, 5))
    for output, row, column in np.ndindex(*total.shape):
        total[output, row, column] = (
            weight[output] * bordered[:, row : row + 3, column : column + 3]
        ).sum() + bias[output]
    expected = np.maximum(total, 0).mean(axis=(1, 2))
    embedding, _ = head(torch.from_numpy(plane[None]).float())
    np.testing.assert_allclose(embedding[0].detach().numpy(), expected, rtol=1e-5, atol=1e-6)


def test_names_of_the_first_head_stay() -> None:
    """Trained classifiers hold these names."""
    head = EmbeddingHead(Pool("average", 12), 5, EmbeddingHeadSettings(embedding=8))
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    assert list(head.state_dict()) == [
        *(f"embed.0.{name}" for name in norm),
        *("embed.2.weight", "embed.2.bias"),
        *(f"classify.0.{name}" for name in norm),
        *("classify.3.weight", "classify.3.bias"),
    ]


def test_the_plain_head_is_a_matrix() -> None:
    head = LinearHead(Pool("average", 12), 5, LinearHeadSettings()).eval()
    features = torch.randn(6, 12)
    embedding, logits = head(features)
    assert embedding is features
    torch.testing.assert_close(logits, features @ head.classify[1].weight.T + head.classify[1].bias)

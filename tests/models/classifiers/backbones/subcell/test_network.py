import numpy as np
import pytest
import torch

from data.errors import InputError
from models.classifiers.backbones.backbone import create_backbone
from models.classifiers.backbones.settings import BackboneSettings
from models.classifiers.backbones.subcell.pooling import GatedAttentionPooling
from models.weights.folder import FOLDER_VARIABLE


def settings(name: str = "subcell-bg", **others: object) -> BackboneSettings:
    return BackboneSettings.model_validate({"name": name, "pretrained": "none", **others})


@pytest.fixture(scope="module")
def backbone():
    torch.manual_seed(0)
    return create_backbone(settings(), 2, 64, pooled=True).eval()


def test_pooling_against_numpy() -> None:
    torch.manual_seed(1)
    pooling = GatedAttentionPooling(6, 5, 2, dropout=0.2).eval()
    tokens = torch.randn(3, 7, 6)
    with torch.no_grad():
        features, attention = pooling(tokens)
    weights = {name: value.numpy() for name, value in pooling.state_dict().items()}
    x = tokens.numpy()
    content = np.tanh(x @ weights["content.1.weight"].T + weights["content.1.bias"])
    gate = torch.nn.functional.gelu(
        torch.from_numpy(x @ weights["gate.1.weight"].T + weights["gate.1.bias"])
    ).numpy()
    scores = np.exp((content * gate) @ weights["attention.weight"].T + weights["attention.bias"])
    expected = (scores / scores.sum(axis=1, keepdims=True)).transpose(0, 2, 1)
    np.testing.assert_allclose(attention.numpy(), expected, rtol=1e-5)
    np.testing.assert_allclose(features.numpy(), (expected @ x).reshape(3, 12), rtol=1e-4, atol=1e-6)


def test_shapes_stages_and_maps(backbone) -> None:
    tiles = torch.rand(2, 2, 64, 48)
    with torch.inference_mode():
        attended, map_, first = (
            backbone.attend(tiles),
            backbone.feature_map(tiles),
            backbone.feature_map(tiles, 1),
        )
        features = backbone(tiles)
    assert features.shape == (2, 1536)
    assert backbone.num_features == 1536
    assert attended.attention.shape == (2, 2, 4, 3)
    assert attended.tokens.shape == (2, 13, 768)
    assert map_.shape == first.shape == (2, 768, 4, 3)
    torch.testing.assert_close(map_.flatten(2).transpose(1, 2), attended.tokens[:, 1:])
    torch.testing.assert_close(features, attended.features)
    staged = [id(parameter) for stage in backbone.stages() for parameter in stage]
    assert sorted(staged) == sorted(map(id, backbone.parameters()))


def test_what_does_not_fit_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(InputError, match="tiles of 4 channels for subcell-rbg; expected red, blue, green"):
        create_backbone(settings("subcell-rbg"), 4, 64, pooled=True)
    with pytest.raises(InputError, match="multiple of 16"):
        create_backbone(settings(), 2, 100, pooled=True)
    with pytest.raises(InputError, match='setting backbone.pretrained: "hub"'):
        create_backbone(settings(pretrained="hub"), 2, 64, pooled=True)
    with pytest.raises(InputError, match="run `hpacells weights fetch subcell-bg-vit-supcon`"):
        create_backbone(settings(pretrained="weights-vit-supcon"), 2, 64, pooled=True)
    with pytest.raises(InputError, match="has no weights for resnet18"):
        create_backbone(settings("resnet18", pretrained="weights"), 4, 64, pooled=True)

from pathlib import Path

import numpy as np
import pytest
import torch

from data.tiles.batch_loader import BatchLoader
from data.tiles.preparation import TileSettings
from data.tiles.tile_store import TileStore
from models.classifiers.backbones.settings import BackboneSettings
from models.classifiers.classifier import Architecture, Classifier, Normalisation
from models.classifiers.feature_classifier import FeatureClassifier, compute_features, hash_backbone
from models.classifiers.heads.settings import EmbeddingHeadSettings, LinearHeadSettings

TILES = TileSettings(size=48)
ARCHITECTURE = Architecture(
    mode="single-label",
    tiles=TILES,
    normalisation=Normalisation(mean=(0.1, 0.2, 0.3, 0.4), deviation=(0.2, 0.2, 0.1, 0.1)),
    backbone=BackboneSettings(name="test_efficientnet", pretrained="none", frozen="all"),
    head=EmbeddingHeadSettings(embedding=8),
)


def make(architecture: Architecture = ARCHITECTURE, seed: int = 3) -> Classifier:
    torch.manual_seed(seed)
    return Classifier(architecture)


def compute(classifier: Classifier, store: TileStore) -> np.ndarray:
    loader = BatchLoader(store, np.arange(len(store)), TILES)
    computed = list(compute_features(classifier, loader, bfloat16=False))
    assert np.concatenate([items for items, _ in computed]).tolist() == list(range(len(store)))
    return np.concatenate([features for _, features in computed])


@pytest.mark.parametrize("name", ["test_efficientnet", "test_vit", "gapnet-pl", "m-cnn"])
def test_the_head_on_computed_features_scores_as_the_whole_classifier(random_tiles: Path, name: str) -> None:
    backbone = BackboneSettings(name=name, pretrained="none", frozen="all")
    tiles = TILES.model_copy(update={"size": 160 if name == "test_vit" else 64})
    classifier = make(ARCHITECTURE.model_copy(update={"backbone": backbone, "tiles": tiles})).eval()
    loader = BatchLoader(TileStore(random_tiles), np.arange(7), tiles)
    ((_, features),) = compute_features(classifier, loader, bfloat16=False)
    (batch,) = loader.batches([np.arange(7)])
    with torch.inference_mode():
        whole = classifier(torch.from_numpy(batch.tiles).permute(0, 3, 1, 2))
        head = FeatureClassifier(classifier).eval()(torch.from_numpy(features)[:, :, None, None])
    torch.testing.assert_close(head.logits, whole.logits)
    torch.testing.assert_close(head.embedding, whole.embedding)


def test_features_do_not_depend_on_the_head_or_on_training_mode(random_tiles: Path) -> None:
    classifier = make().train()
    store = TileStore(random_tiles)
    first = compute(classifier, store)
    assert first.dtype == np.float32
    torch.nn.init.zeros_(classifier.head.classify[-1].weight)
    np.testing.assert_array_equal(compute(classifier.train(), store), first)


def test_the_head_is_that_of_the_classifier_and_all_that_is_trained() -> None:
    classifier = make()
    head = FeatureClassifier(classifier)
    assert {name for name, _ in head.named_parameters()} == {
        name for name, _ in classifier.named_parameters() if name.startswith("head.")
    }
    assert set(head.state_dict()) == {name for name in classifier.state_dict() if name.startswith("head.")}
    assert head.head is classifier.head


def test_the_hash_is_of_what_features_depend_on() -> None:
    def hash_of(seed: int = 3, **changes: object) -> str:
        return hash_backbone(make(ARCHITECTURE.model_copy(update=changes), seed), bfloat16=False)

    same = [
        {},
        {"head": LinearHeadSettings()},
        {"mode": "multi-label"},
        {"test_time_augmentation": True},
        {"image_weight": 0.5},
        {"backbone": ARCHITECTURE.backbone.model_copy(update={"frozen": "none"})},
    ]
    assert len({hash_of(**changes) for changes in same}) == 1
    others = [
        hash_of(),
        hash_of(seed=4),
        hash_of(tiles=TileSettings(size=48, contrast_stretch="all")),
        hash_of(normalisation=Normalisation(mean=(0.1,) * 4, deviation=(0.2,) * 4)),
        hash_backbone(make(), bfloat16=True),
    ]
    assert len(set(others)) == len(others)


def test_one_weight_or_statistic_changes_the_hash() -> None:
    classifier = make()
    hashes = {hash_backbone(classifier, bfloat16=False)}
    for name, weight in classifier.backbone.state_dict().items():
        if name.endswith(("running_mean", "weight")) and len(hashes) < 6:
            weight.flatten()[-1] += 1e-3
            hashes.add(hash_backbone(classifier, bfloat16=False))
    assert len(hashes) == 6

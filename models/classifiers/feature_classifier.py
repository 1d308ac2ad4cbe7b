"""A classifier whose backbone does not learn, in two parts: features, computed once, and the head on them."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from data.software.versions import library_versions
from data.tiles.batch_loader import BatchLoader, plan_batches
from models.classifiers.backbones.network import Backbone
from models.classifiers.backbones.settings import describe_patches
from models.classifiers.classifier import Classifier, Scores
from models.classifiers.inference import make_validation_runtime

_BATCH_SIZE = 32
"""Tiles at a time, and features that a killed run loses at most."""

_LIBRARIES = ("opencv", "numpy", "torch", "torchvision", "timm")
"""Libraries that tiles pass through on their way to features."""

_NO_PART = {"mode", "head", "class_names", "test_time_augmentation", "image_weight", "optional_channels"}
"""What an architecture says that features do not depend on."""


class FeatureClassifier(Classifier):
    """The head of a classifier, on features of its backbone.

    Its state dict has the weights of the head alone, under the names that they have in the whole classifier.

    Parameters
    ----------
    classifier
        The whole one; the head is the same object in both.
    """

    def __init__(self, classifier: Classifier) -> None:
        nn.Module.__init__(self)
        self.architecture = classifier.architecture
        self.backbone = _ComputedFeatures(classifier.backbone.num_features)
        self.head = classifier.head

    def forward(self, tiles: Tensor) -> Scores:
        """Map features (N, F, 1, 1) to logits and embedding."""
        embedding, logits = self.head(self.backbone(tiles))
        return Scores(logits.float(), embedding.float())


class _ComputedFeatures(Backbone):
    def __init__(self, num_features: int) -> None:
        super().__init__(num_features, pooled=True)

    def forward(self, tiles: Tensor) -> Tensor:
        return tiles.flatten(1)

    def stages(self) -> list[list[nn.Parameter]]:
        return []

    @property
    def layers(self) -> int:
        return 0

    def feature_map(self, tiles: Tensor, layer: int = 0) -> Tensor:
        return tiles


class _BackboneAlone(Classifier):
    """Scores tiles with no logits, and the backbone's features in place of the embedding."""

    def __init__(self, classifier: Classifier) -> None:
        nn.Module.__init__(self)
        self.architecture = classifier.architecture
        self.classifier = classifier

    def forward(self, tiles: Tensor) -> Scores:
        features = self.classifier.features(tiles).float()
        return Scores(features[:, :0], features)


def compute_features(
    classifier: Classifier, loader: BatchLoader, *, bfloat16: bool
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
    """Compute the features of all tiles of a loader, in order; in halves where memory is short.

    Parameters
    ----------
    classifier
        On the device where it is to run.
    loader
        The tiles.
    bfloat16
        Compute in bfloat16, as its training does.

    Yields
    ------
    items, features
        (n,) numbers of the items, and (n, F).
    """
    batch_runtime = make_validation_runtime(_BackboneAlone(classifier), bfloat16=bfloat16)
    with closing(loader.batches(plan_batches(np.arange(len(loader)), _BATCH_SIZE))) as batches:
        for batch in batches:
            yield batch.items, batch_runtime(batch.tiles).embedding.numpy()


def hash_backbone(classifier: Classifier, *, bfloat16: bool) -> str:
    """Hash what features depend on but the stored tiles: weights, tile settings, precision and libraries."""
    architecture = classifier.architecture
    versions = library_versions()
    described = {
        "architecture": architecture.model_dump(mode="json", exclude=_NO_PART | {"backbone"}),
        "backbone": architecture.backbone.name,
        "device": next(classifier.parameters()).device.type,
        "bfloat16": bfloat16,
        "versions": {name: versions.get(name) for name in _LIBRARIES},
    } | describe_patches([architecture.backbone.name])
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for name, weight in sorted(classifier.backbone.state_dict().items()):
        values = weight.detach().cpu().contiguous()
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}".encode())
        digest.update(values.flatten().view(torch.uint8).numpy())
    return digest.hexdigest()

"""What the neurons of a classifier give for some tiles: its embedding, and the peaks of a feature map."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from data.errors import InputError
from data.tiles.batch_loader import BatchLoader, plan_batches
from models.classifiers.classifier import Classifier
from models.classifiers.inference import to_tensor
from models.classifiers.runtimes.torch_runtime import TorchRuntime


@dataclass(frozen=True)
class Peaks:
    """Where the neurons of a feature map, its channels, are most active.

    Attributes
    ----------
    values
        (n, F) float32, the strongest activation of each channel in each tile.
    places
        (n, F) where in the map that is, counted row by row; of several places as active the one whose
        surroundings are most active.
    means
        (n, F) float32, the mean activation.
    height, width
        Of the map.
    """

    values: NDArray[np.float32]
    places: NDArray[np.int64]
    means: NDArray[np.float32]
    height: int
    width: int


@dataclass(frozen=True)
class Activations:
    """What a classifier's neurons give for n tiles.

    Attributes
    ----------
    embedding
        (n, E) float32.
    peaks
        Of the feature map; None where it was not asked for.
    """

    embedding: NDArray[np.float32]
    peaks: Peaks | None


def check_layer(classifier: Classifier, layer: int) -> None:
    """Raise an InputError where a classifier has no layer of this number; 0 is the last feature map."""
    layers = classifier.backbone.layers
    if layer > layers:
        raise InputError(
            found=f"layer = {layer}",
            where="setting features.layer",
            expected=f"0 (the last feature map){f', or 1 to {layers}' if layers else ''}, "
            f"with {classifier.architecture.backbone.name}",
        )


def measure_activations(
    classifier: Classifier,
    loader: BatchLoader,
    layer: int | None,
    *,
    device: torch.device,
    batch_size: int,
    advance: Callable[[int], None] = lambda _: None,
) -> Activations:
    """Run a classifier over all items of a loader, in float32 and evaluation mode.

    Parameters
    ----------
    classifier
        Taken over: moved to the device.
    loader
        The tiles; at least one.
    layer
        Of the feature map (`Backbone.feature_map`), or None for the embedding alone.
    device, batch_size
        Where, and how many tiles at a time.
    advance
        Called with the number of tiles done.

    Raises
    ------
    InputError
        The network has no such map.
    """
    batch_runtime = TorchRuntime(classifier, device, torch.float32)
    embeddings: list[NDArray[np.float32]] = []
    found: list[Peaks] = []
    with closing(loader.batches(plan_batches(np.arange(len(loader)), batch_size))) as batches:
        for batch in batches:
            embeddings.append(batch_runtime(batch.tiles).embedding.numpy())
            if layer is not None:
                with torch.inference_mode():
                    features = classifier.feature_map(to_tensor(batch, device), layer)
                    found.append(_find_peaks(features))
            advance(len(batch.items))
    return Activations(np.concatenate(embeddings), _join(found) if found else None)


def _find_peaks(features: Tensor) -> Peaks:
    peaks = features.amax(dim=(2, 3), keepdim=True)
    around = functional.avg_pool2d(features, 3, 1, padding=1, count_include_pad=False)
    places = around.where(features == peaks, -torch.inf).flatten(2).argmax(dim=2)
    means = features.mean(dim=(2, 3))
    numbers = (part.cpu().numpy() for part in (peaks.flatten(1), places, means))
    return Peaks(*numbers, height=features.shape[2], width=features.shape[3])


def _join(found: Sequence[Peaks]) -> Peaks:
    parts = (np.concatenate([getattr(one, name) for one in found]) for name in ("values", "places", "means"))
    return Peaks(*parts, height=found[0].height, width=found[0].width)

"""Binary cross entropy: each class is a question of its own."""

from torch import Tensor
from torch.nn import functional


def smooth_labels(targets: Tensor, smoothing: float) -> Tensor:
    """Draw targets 0..1 towards one half by a part, so that no answer can be certain."""
    return targets * (1 - smoothing) + smoothing / 2


def binary_cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor, positive: Tensor) -> Tensor:
    """Compute the loss of each tile and class, -w (v t log p + (1 - t) log (1 - p)).

    Parameters
    ----------
    logits
        (N, classes), whose sigmoid is p.
    targets
        (N, classes) t in 0..1.
    weights
        (classes,) w, of a class's whole loss.
    positive
        (classes,) v, of its positive tiles.

    Returns
    -------
    Tensor (N, classes)
        0 or more.
    """
    return functional.binary_cross_entropy_with_logits(
        logits, targets, weights, pos_weight=positive, reduction="none"
    )

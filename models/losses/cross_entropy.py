"""Cross entropy: a tile's classes share a probability of 1."""

from torch import Tensor
from torch.nn import functional


def cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float) -> Tensor:
    """Compute the loss of each tile, -Σ w_c t_c log p_c over the classes, with p the softmax of the logits.

    Parameters
    ----------
    logits
        (N, classes).
    targets
        (N, classes), 0 or more; each row is divided by its sum, so that several labels share the probability.
        A row of zeros has the loss 0, but for smoothing.
    weights
        (classes,).
    smoothing
        Part of a label that is spread over all classes: t becomes (1 - s) t + s / classes.

    Returns
    -------
    Tensor (N,)
        0 or more.

    References
    ----------
    Smoothing: Szegedy et al., Rethinking the Inception architecture, CVPR 2016, section 7.
    """
    sums = targets.sum(dim=1, keepdim=True)
    shares = targets / sums.where(sums > 0, 1)
    return functional.cross_entropy(logits, shares, weights, reduction="none", label_smoothing=smoothing)

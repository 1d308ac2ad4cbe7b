"""Online hard example mining: only the tiles of a batch with the largest losses are trained on."""

from torch import Tensor


def online_hard_example_mean(losses: Tensor, fraction: float) -> Tensor:
    """Compute the mean of the K largest of B losses, so that rare classes are not drowned by easy tiles.

    Parameters
    ----------
    losses
        (B,) of the tiles of a batch.
    fraction
        K / B, above 0 and at most 1; K is rounded, and at least 1.

    Returns
    -------
    Tensor
        Scalar; no gradient goes to the other tiles.

    References
    ----------
    Zhang et al. (2021), "Modified architectures and hard example mining".
    """
    if fraction >= 1:
        return losses.mean()
    return losses.topk(max(1, round(fraction * len(losses)))).values.mean()

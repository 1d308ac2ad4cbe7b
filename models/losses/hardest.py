"""The hard sampler: only a batch's worst tiles are learnt from."""

from torch import Tensor


def mean_of_hardest(losses: Tensor, part: float) -> Tensor:
    """Take the mean of the K largest of B losses, so that rare classes are not drowned by easy tiles.

    Parameters
    ----------
    losses
        (B,) of the tiles of a batch.
    part
        K / B, above 0 and at most 1; K is rounded, and at least 1.

    Returns
    -------
    Tensor
        Scalar; no gradient goes to the other tiles.

    References
    ----------
    Zhang et al. (2021), "Modified architectures and hard example mining".
    """
    if part >= 1:
        return losses.mean()
    return losses.topk(max(1, round(part * len(losses)))).values.mean()

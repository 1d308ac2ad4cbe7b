"""Soft macro F1: the score itself as a loss, with probabilities in place of decisions."""

from torch import Tensor

from models.losses.loss import ClassLoss
from models.losses.settings import SoftF1Settings


class SoftF1(ClassLoss):
    """One minus the soft macro F1 of a batch, one value for all its tiles."""

    output = SoftF1Settings.output

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss of the batch, (1,)."""
        return soft_f1_loss(logits, targets).reshape(1)


def soft_f1_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Compute 1 - the mean over classes of 2 Σ p t / (Σ p + Σ t), with sums over the tiles of the batch.

    Classes that the batch lacks are left out: whatever is predicted, they have F1 0 and no gradient. The
    paper counts them, and sees its loss grow as batches get smaller.

    Parameters
    ----------
    logits
        (N, classes), whose sigmoid is p.
    targets
        (N, classes) t in 0..1.

    Returns
    -------
    Tensor
        Scalar in 0..1; 0 for a batch without any class.

    References
    ----------
    Madeira and Parreira (2019), section 5.1.
    """
    chances = logits.sigmoid()
    shared, positives = (chances * targets).sum(dim=0), targets.sum(dim=0)
    present = (positives > 0).to(chances)
    losses = 1 - 2 * shared / (chances.sum(dim=0) + positives).clamp(min=1e-12)
    return (losses * present).sum() / present.sum().clamp(min=1)

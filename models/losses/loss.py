"""What every loss of the classes is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from models.losses.output import Output


class ClassLoss(nn.Module, ABC):
    """A loss of the classes' logits; a file for each kind, made by `models.losses.factory.make_class_loss`.

    Attributes
    ----------
    output
        Which probabilities it is about: the softmax of the classes ("single-label"), or the sigmoid of each
        ("multi-label").
    """

    output: ClassVar[Output]

    @abstractmethod
    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss of each tile, class weights included.

        Parameters
        ----------
        logits
            (N, classes).
        targets
            (N, classes) in 0..1.

        Returns
        -------
        Tensor (N,)
            Of each tile; (1,) for a loss that compares the tiles of a batch and so has one value for all.
        """

import pytest
import torch

from models.losses.settings import TripletSettings
from models.losses.triplet import TripletLoss


def test_a_triplet_by_hand() -> None:
    """Anchor and positive are sqrt(2) apart, the negative lies on the anchor: sqrt(2) - 0 + margin."""
    embedding = torch.tensor([[1.0, 0], [0, 1], [2, 0]], requires_grad=True)
    loss = TripletLoss(TripletSettings(weight=2.0, margin=0.3, mining="hard"))(
        embedding, torch.tensor([0, 0, 1])
    )
    expected = 2 * ((2**0.5 + 0.3) + (2**0.5 - 2**0.5 + 0.3)) / 2
    assert loss.item() == pytest.approx(expected, rel=1e-4)
    loss.backward()
    assert embedding.grad is not None
    assert embedding.grad.abs().sum() > 0


@pytest.mark.parametrize("mining", ["all", "semihard", "hard"])
def test_one_class_has_no_triplets(mining) -> None:
    embedding = torch.randn(4, 8, requires_grad=True)
    loss = TripletLoss(TripletSettings(weight=1.0, mining=mining))(
        embedding, torch.zeros(4, dtype=torch.long)
    )
    assert loss.item() == 0
    loss.backward()

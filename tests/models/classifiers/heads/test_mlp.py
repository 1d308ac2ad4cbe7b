import numpy as np
import pytest
import torch

from models.classifiers.heads.head import create_head
from models.classifiers.heads.settings import MlpHeadSettings


@pytest.mark.parametrize("members", [1, 3])
def test_probabilities_are_the_mean_of_the_members(members: int) -> None:
    torch.manual_seed(0)
    head = create_head(MlpHeadSettings(widths=(7, 6), members=members), 12, 5).eval()
    features = torch.randn(4, 12)
    with torch.no_grad():
        embedding, logits = head(features)
        expected = np.mean([torch.sigmoid(member(features)).numpy() for member in head.members], axis=0)
    assert torch.equal(embedding, features)
    np.testing.assert_allclose(logits.sigmoid().numpy(), expected, rtol=1e-6)


def test_layers_are_numbered_as_in_the_published_files() -> None:
    names = set(create_head(MlpHeadSettings(), 1536, 31).state_dict())
    assert names == {f"members.0.{layer}.{leaf}" for layer in (0, 3, 6) for leaf in ("weight", "bias")}


def test_far_from_zero_nothing_becomes_infinite() -> None:
    head = create_head(MlpHeadSettings(widths=(1,), members=2), 1, 2).eval()
    with torch.no_grad():
        for member in head.members:
            member[-1].weight.zero_()
            member[-1].bias.copy_(torch.tensor([90.0, -90.0]))
        _, logits = head(torch.zeros(1, 1))
    torch.testing.assert_close(logits, torch.tensor([[90.0, -90.0]]))

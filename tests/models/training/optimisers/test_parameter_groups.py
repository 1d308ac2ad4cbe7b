from collections.abc import Sequence

import pytest
from torch import Tensor, nn

from models.training.optimisers.parameter_groups import split_parameters


def layers(count: int) -> nn.Sequential:
    return nn.Sequential(*(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)) for _ in range(count)))


class _Staged(nn.Module):
    """A backbone that is registered from the deepest layer to the first, and says what its order is."""

    def __init__(self) -> None:
        super().__init__()
        self.last, self.middle, self.first = (nn.Linear(2, 2) for _ in range(3))
        self.scale = nn.Parameter(self.last.bias.detach().clone())

    def stages(self) -> list[nn.Module | list[nn.Parameter]]:
        return [self.first, list(self.middle.parameters()), self.last]


def same(found: Sequence[Tensor], expected: Sequence[Tensor]) -> bool:
    return [id(parameter) for parameter in found] == [id(parameter) for parameter in expected]


@pytest.mark.parametrize(
    ("depth", "groups", "expected"),
    [(4, 2, [4]), (4, 3, [2, 2]), (5, 3, [3, 2]), (6, 4, [2, 2, 2]), (1, 3, [1, 0]), (0, 3, [0, 0])],
)
def test_the_backbone_is_cut_in_order_of_depth(depth: int, groups: int, expected: list[int]) -> None:
    backbone, head = layers(depth), nn.Linear(2, 3)
    found = split_parameters(backbone, head, groups)
    assert same(found[-1], [head.weight, head.bias])
    assert same([parameter for part in found[:-1] for parameter in part], list(backbone.parameters()))
    # A linear layer with its normalisation has four parameters.
    assert [len(part) for part in found[:-1]] == [4 * count for count in expected]


def test_stages_say_what_comes_first() -> None:
    backbone = _Staged()
    first, second, third, _ = split_parameters(backbone, nn.Linear(2, 2), 4)
    assert same(first, list(backbone.first.parameters()))
    assert same(second, list(backbone.middle.parameters()))
    assert same(third, [*backbone.last.parameters(), backbone.scale])


def test_frozen_parameters_are_left_out() -> None:
    backbone, head = layers(3), nn.Linear(2, 2)
    backbone[0].requires_grad_(False)
    head.bias.requires_grad_(False)
    first, second, last = split_parameters(backbone, head, 3)
    assert same(first, list(backbone[1].parameters()))
    assert same(second, list(backbone[2].parameters()))
    assert same(last, [head.weight])

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn


class SmallNetwork(nn.Module):
    """What networks of segmenters are made of: convolutions, normalisation, a skip, half and double size."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU())
        self.last = nn.Conv2d(48, 4, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        wide = self.first(image)
        deep = nn.functional.interpolate(self.second(wide), scale_factor=2)
        return self.last(torch.cat([wide, deep], dim=1))


@pytest.fixture
def make_network() -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        torch.manual_seed(5)
        return SmallNetwork().eval()

    return make


@pytest.fixture
def images() -> list[np.ndarray]:
    random = np.random.default_rng(3)
    sizes = ((64, 96), (32, 32), (64, 96), (128, 64))
    return [random.normal(size=(3, *size)).astype(np.float32) for size in sizes]


@pytest.fixture
def logits(make_network: Callable[[], nn.Module], images: list[np.ndarray]) -> list[np.ndarray]:
    """The network's output, image by image, by plain torch in float32."""
    network = make_network()
    with torch.no_grad():
        return [network(torch.from_numpy(image)[None])[0].numpy() for image in images]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HPACELLS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"

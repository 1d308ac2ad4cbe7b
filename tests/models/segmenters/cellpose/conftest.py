from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.segmenters.cellpose import package
from models.segmenters.cellpose.cellpose_segmenter import CellposeSegmenter
from models.segmenters.cellpose.layout import expected_shapes
from models.segmenters.segmenter import SegmentedField
from tests.factories.segmenters.known_flows import KnownFlows, stand_in_for_networks


class BrightNuclei:
    """In the place of a segmenter of nuclei: a nucleus is what is bright in blue."""

    name = "bright"
    channels = ("red", "yellow", "blue")

    def identity(self) -> str:
        return "bright nuclei"

    def prepare(self, workers: int = 1) -> None:
        pass

    def segment(self, image: NDArray[Any], pixel_size_um: float = 0.08) -> SegmentedField:
        bright = image[2] > np.iinfo(image.dtype).max // 2
        labels = cv2.connectedComponents(bright.astype(np.uint8))[1].astype(np.uint16)
        return SegmentedField(labels, labels)


@pytest.fixture
def model() -> str:
    """The network that the installed package can run."""
    pytest.importorskip("cellpose")
    return "cyto3" if package.require_cellpose().startswith("3") else "cpsam"


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, model: str) -> KnownFlows:
    return stand_in_for_networks(monkeypatch)


@pytest.fixture
def make_segmenter(network: KnownFlows, model: str, tmp_path: Path) -> Callable[..., CellposeSegmenter]:
    path = tmp_path / "weights.pth"
    torch.save({"nothing": torch.zeros(1)}, path)

    def make(**options: Any) -> CellposeSegmenter:
        return CellposeSegmenter(model, "1.0", path, "hash", BrightNuclei(), **options)

    return make


@pytest.fixture(scope="session")
def cyto3_state() -> dict[str, Tensor]:
    """Random weights of cyto3's real architecture, by its published names."""
    random = torch.Generator().manual_seed(3)
    state = {
        name: torch.tensor(0) if shape == () else torch.rand(shape, generator=random)
        for name, shape in expected_shapes("cyto3").items()
    }
    return state | {"diam_mean": torch.tensor([30.0])}

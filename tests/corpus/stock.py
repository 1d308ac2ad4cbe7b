"""Good inputs, made once, of which the cases make damaged and odd ones."""

import shutil
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.masks.label_image import read_label_image
from data.predictions.predictions_table import read_predictions

SIDE = 128
SCALE = "segment.pixel_size_um=0.4"
SEGMENT = ("--segmenter", "classical", "--set", SCALE)
_ARCHITECTURE = {
    "mode": "single-label",
    "tiles": {"size": 32, "channels": ["red", "green"]},
    "normalisation": {"mean": [0.2, 0.3], "deviation": [0.2, 0.3]},
    "backbone": {"name": "test_efficientnet", "pretrained": "none"},
    "head": {"embedding": 16},
}
_CENTRES = ((32, 32), (34, 92), (92, 60))


def draw_channel(channel: str) -> NDArray[np.uint8]:
    """Draw three round cells of a channel, (128, 128) uint8."""
    y, x = np.mgrid[:SIDE, :SIDE]
    plane = np.zeros((SIDE, SIDE))
    for number, (row, column) in enumerate(_CENTRES):
        radius = np.hypot(y - row, x - column)
        sharpness = 10.0 if channel == "blue" else 26.0
        level = {"red": 150, "green": 90 + 30 * number, "blue": 220, "yellow": 120}[channel]
        plane += level / (1 + np.exp((radius - sharpness) / 0.8))
    texture = np.random.default_rng(CHANNELS.index(channel)).uniform(0.9, 1.1, plane.shape)
    return np.rint(np.minimum(plane * texture + 2, 255)).astype(np.uint8)


PLANES = {channel: draw_channel(channel) for channel in CHANNELS}


def write_field(folder: Path, name: str) -> None:
    """Write a field as four PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    for channel, plane in PLANES.items():
        assert cv2.imwrite(str(folder / f"{name}_{channel}.png"), plane)


class Stock:
    """Good inputs in a folder of their own; each is made when it is first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def segmented(self) -> Path:
        """A work folder in which the field ``good`` is segmented."""
        from tests.corpus.case import run_command

        write_field(self.root / "images", "good")
        arguments = ["segment", self.root / "images", "--work", self.root / "segmented", *SEGMENT]
        done = run_command(list(map(str, arguments)))
        assert done.status == 0, done.messages
        return self.root / "segmented"

    @cached_property
    def cells(self) -> NDArray[np.integer]:
        """The cells of the good field, a label image."""
        return read_label_image(self.segmented / "masks/good_cells.png")

    @cached_property
    def cropped(self) -> Path:
        """A work folder in which the cells of the good field are cut out."""
        from tests.corpus.case import run_command

        folder = shutil.copytree(self.segmented, self.root / "cropped")
        done = run_command(["crops", str(self.root / "images"), "--work", str(folder)])
        assert done.status == 0, done.messages
        return folder

    @cached_property
    def classifier(self) -> Path:
        """The folder of a tiny classifier with random weights."""
        import torch

        from models.classifiers.classifier import Architecture, Classifier
        from models.classifiers.model_folder import save_classifier

        torch.manual_seed(0)
        architecture = Architecture.model_validate(_ARCHITECTURE)
        folder = self.root / "model"
        save_classifier(folder, architecture, Classifier(architecture).state_dict(), {})
        return folder

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """What the classifier predicts for the cells of the good field."""
        from tests.corpus.case import run_command

        work = shutil.copytree(self.cropped, self.root / "predicted")
        arguments = ["predict", "--model", self.classifier, "--work", work, "--runtime", "torch"]
        done = run_command(list(map(str, arguments)))
        assert done.status == 0, done.messages
        return read_predictions(work / "predictions.parquet")

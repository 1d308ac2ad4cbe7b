"""Stand-ins for SubCell: its published files, made from the published names, and a tiny network."""

import csv
import importlib.util
from pathlib import Path

import pytest
import torch

from data.labels.label_set import read_label_set
from models.classifiers.backbones.settings import SUBCELL_CHANNELS
from models.classifiers.backbones.subcell import network
from models.classifiers.classifier import Architecture, Classifier
from models.classifiers.model_folder import save_classifier


def write_published(shared: Path, target: Path, channels: str, heads: int) -> None:
    """Write encoder and classifier files of a channel set, from the reference data in ``shared``."""
    folder = shared / "reference" / "subcell"
    spec = importlib.util.spec_from_file_location("fill_weights", folder / "fill_weights.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    target.mkdir(parents=True, exist_ok=True)
    parts: dict[str, dict[str, tuple[int, ...]]] = {}
    with (folder / "layout.csv").open() as file:
        for row in csv.DictReader(file):
            parts.setdefault(row["file"], {})[row["name"]] = tuple(map(int, row["shape"].split("x")))
    encoder = {
        name: (shape[0], len(channels), *shape[2:]) if "projection.weight" in name else shape
        for name, shape in parts["encoder"].items()
    }
    files = {"encoder": ("", encoder)}
    files |= {
        f"classifier_s{head}": (f"{channels}/classifier_s{head}/", parts["classifier"])
        for head in range(heads)
    }
    for name, (prefix, shapes) in files.items():
        values = {
            entry: torch.from_numpy(module.tensor_values(prefix + entry, shape))
            for entry, shape in shapes.items()
        }
        torch.save(values, target / f"{name}.pth")


def write_tiny_subcell(folder: Path, channels: str = "rybg", side: int = 448, **architecture: object) -> Path:
    """Write the folder of a classifier with SubCell's network, but of one narrow block with random weights.

    It is read back only while `shrink_subcell` is in force.
    """
    name = f"subcell-{channels}"
    count = len(SUBCELL_CHANNELS[name])
    description = {
        "mode": "multi-label",
        "tiles": {"size": side, "preset": "subcell", "channels": SUBCELL_CHANNELS[name]},
        "scaling": "cell",
        "normalisation": {"mean": [0.0] * count, "deviation": [1.0] * count},
        "backbone": {"name": name, "pretrained": "none"},
        "head": {"kind": "mlp", "widths": [8]},
        "class_names": read_label_set("subcell31").names,
    }
    built = Architecture.model_validate(description | architecture)
    torch.manual_seed(4)
    classifier = Classifier(built)
    save_classifier(folder, built, classifier.state_dict(), {})
    return folder


def shrink_subcell(patch: pytest.MonkeyPatch) -> None:
    """Make SubCell's network so small that tests can run it: one block, tokens of 24 numbers."""
    patch.setattr(network, "WIDTH", 24)
    patch.setattr(network, "_BLOCKS", 1)

"""Stand-ins for SubCell's published files, whose values are made from the published names."""

import csv
import importlib.util
from pathlib import Path

import torch


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

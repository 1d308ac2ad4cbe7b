"""The command of every stage that writes to a work folder, also with a setting changed."""

from collections.abc import Sequence
from pathlib import Path

RECIPE = """
[train]
device = "cpu"
[train.tiles]
size = 32
[train.backbone]
name = "test_efficientnet"
pretrained = "none"
[train.fit]
epochs = 1
"""

ORDER = ("segment", "crops", "train", "predict", "combine", "inspect")
ASIDE = ("evaluate", "explore")
"""Stages on which no other builds."""

EXPORTED = (
    "h5ad",
    "ome-zarr",
    "spatialdata",
    "h5sc",
    "geojson",
    "ome-tiff",
    "coco",
    "tables",
    "cellprofiler",
)
"""Formats of an export that fields of any classifier have."""

EXPORTS = tuple(f"export-{name}" for name in EXPORTED)
"""An export in each of these, which stands for a stage of its own."""

MORE_ASIDE = ("score", "find-rate", "features", "distil", *EXPORTS)
"""The same as ``ASIDE``, which take longer."""

CHANGED = {
    "segment": "segment.pixel_size_um=0.12",
    "crops": "crops.neighbours=keep",
    "train": "train.fit.epochs=2",
    "predict": "predict.dropped=true",
    "combine": "combine.min_confidence=0.2",
    "inspect": "inspect.top_classes=2",
    "evaluate": "evaluate.threshold=0.4",
    "explore": "explore.picture_size=200",
    "score": "score.iou=0.5",
    "find-rate": "find_rate.steps=12",
    "features": "features.patches=3",
    "distil": "distil.initial_weights=recipe",
    "export-tables": "export.false_discoveries=0.2",
    **{name: "export.unpredicted=true" for name in EXPORTS if name != "export-tables"},
}
"""Stage -> a setting of it, by which other results come out."""


def command_of(source: Path, work: Path, stage: str, *more: object, changed: bool = False) -> Sequence[str]:
    """Return the words of a stage's command.

    Parameters
    ----------
    source
        Folder of the simulated ``images`` and of the settings ``small.toml``.
    work
        The work folder.
    stage
        Name of the command.
    more
        In place of the usual arguments.
    changed
        Whether a setting is another one.
    """
    images, labels, config = source / "images", source / "images/train.csv", source / "small.toml"
    usual = {
        "segment": [images, "--segmenter", "classical"],
        "crops": [images],
        "train": ["--labels", labels, "--config", config],
        # OpenVINO takes two seconds to convert the network, each time.
        "predict": ["--set", "predict.runtime=torch"],
        "evaluate": ["--labels", labels],
        "explore": [images, "--labels", labels],
        "score": [work / "submission.csv", images / "truth.csv", "--json", work / "metric.json"],
        "find-rate": ["--labels", labels, "--config", config, "--set", "find_rate.steps=10"],
        "features": ["--set", "features.cells=10", "--set", "features.method=pca"],
        "distil": ["--config", config],
        **{name: ["--format", name.removeprefix("export-"), "--labels", labels] for name in EXPORTS},
    }
    command = "export" if stage in EXPORTS else stage
    words = ["hpacells", command, *(more or usual.get(stage, ())), "--work", work]
    return [str(word) for word in (*words, *(["--set", CHANGED[stage]] if changed else ()))]

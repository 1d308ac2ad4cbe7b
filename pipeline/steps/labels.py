"""The labels of images from the locations of genes."""

from pathlib import Path

from pipeline.config.config import Config
from pipeline.runs.outputs.written_files import sole_file
from stages.stage import Context, StageReport


def label_images(locations: Path, images: Path, out: Path, config: Config, context: Context) -> StageReport:
    """Write a label file; no work folder is needed."""
    from stages.labels.paths import LabelsInputs, LabelsOutputs
    from stages.labels.run import run
    from stages.labels.settings import LabelsSettings

    settings = config.settings("labels", LabelsSettings)
    with sole_file("labels", out, [locations, images], ending=".csv"):
        return run(LabelsInputs(locations, images), LabelsOutputs(out), settings, context)

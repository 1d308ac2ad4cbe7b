"""What the training and the comparison of segmenters read and write."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.fields.field import Field
from data.segmenter_training.sources import FieldSource
from stages.segmenter.cell_source import CellSource


@dataclass(frozen=True)
class TrainSegmenterInputs:
    """What a segmenter is trained on.

    Attributes
    ----------
    sources
        The fields, as `find_sources` returns them.
    key
        Key of everything that the training depends on.
    start_path
        Weights of an earlier training to go on from, if not from ImageNet weights.
    """

    sources: Sequence[FieldSource]
    key: str
    start_path: Path | None = None


@dataclass(frozen=True)
class TrainSegmenterOutputs:
    """What the training of a segmenter writes.

    Attributes
    ----------
    segmenter_dir
        Folder for the weights and the files about them; an interrupted training leaves a checkpoint there,
        and one with the same fields and settings is resumed.
    """

    segmenter_dir: Path

    @property
    def weights_path(self) -> Path:
        """Weights of the segmenter."""
        return self.segmenter_dir / "segmenter.safetensors"

    @property
    def predictions_path(self) -> Path:
        """Picture of what the segmenter finds in some fields."""
        return self.segmenter_dir / "predictions.png"

    @property
    def summary_path(self) -> Path:
        """Settings, fields and agreement with the known cells."""
        return self.segmenter_dir / "segmenter.json"

    @property
    def checkpoint_path(self) -> Path:
        """State of a training that is under way."""
        return self.segmenter_dir / "checkpoint.pt"

    @property
    def report_paths(self) -> tuple[Path, ...]:
        """All files beside the weights that stay."""
        curves = (self.segmenter_dir / name for name in ("metrics.csv", "curves.png"))
        return (*curves, self.predictions_path, self.summary_path)


@dataclass(frozen=True)
class CompareInputs:
    """What is compared.

    Attributes
    ----------
    a, b
        Two sources of cells; F1 is the same either way round, splits of one are merges of the other.
    fields
        The fields on whose cells they are compared.
    """

    a: CellSource
    b: CellSource
    fields: Sequence[Field]


@dataclass(frozen=True)
class CompareOutputs:
    """What a comparison writes: the folder of ``cells.csv``, ``summary.json`` and ``worst.png``."""

    compare_dir: Path

    @property
    def cells_path(self) -> Path:
        """Verdict on each cell."""
        return self.compare_dir / "cells.csv"

    @property
    def summary_path(self) -> Path:
        """Agreement on each field and on all."""
        return self.compare_dir / "summary.json"

    @property
    def worst_path(self) -> Path:
        """Picture of the fields that agree least."""
        return self.compare_dir / "worst.png"

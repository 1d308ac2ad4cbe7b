"""Simulate: write a set of fields with known cells, nuclei and labels."""

import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting
from pydantic import model_validator

from data.atomic import atomic_write
from data.channels import CHANNELS
from data.labels import write_labels
from data.masks import write_label_image
from data.prediction_string import Triples, format_prediction_string
from data.rle import encode_label_image
from data.simulate.field import LEAST_EXTENT_UM, FieldSettings, SimulatedField, simulate_field
from data.simulate.image_labels import SINGLE_FRACTION
from data.submission import SubmissionRow, write_submission
from stages.stage import Context, Failure, StageReport, StageSettings

_OUR_FILE = re.compile(rf"(sim-\d+-\d{{5,}})_(?:{'|'.join((*CHANNELS, 'cells', 'nuclei'))})\.png")


class SimulateSettings(StageSettings):
    """Settings of the simulate stage."""

    fields: int = Setting(24, ge=1, le=99_999, description="number of fields")
    size: int | tuple[int, int] = Setting(1024, description="side of a field in px, or height and width")
    pixel_size_um: float = Setting(0.08, gt=0, le=1.0, description="size of a pixel in um")
    seed: int = Setting(1, ge=0, description="another seed gives another set")
    single_fraction: float = Setting(
        SINGLE_FRACTION, ge=0, le=1, description="part of the fields with one label"
    )
    negative_cells: float = Setting(0.06, ge=0, le=1, description="part of the cells without any pattern")
    missing_patterns: float = Setting(
        0.15, ge=0, le=1, description="part of the patterns that a cell of a field with several lacks"
    )
    mitotic_fraction: float = Setting(
        0.3, gt=0, le=1, description="part of the cells that divide in a field labelled Mitotic spindle"
    )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a field in pixels."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @model_validator(mode="after")
    def _check_size(self) -> "SimulateSettings":
        if min(self.shape) * self.pixel_size_um < LEAST_EXTENT_UM:
            message = (
                f"a field of {min(self.shape)} px of {self.pixel_size_um} um holds no cell; "
                f"it must be at least {LEAST_EXTENT_UM:g} um high and wide"
            )
            raise ValueError(message)
        return self


def run(out: Path, settings: SimulateSettings, context: Context) -> StageReport:
    """Simulate a set of fields into a folder.

    Parameters
    ----------
    out
        Folder for ``<ID>_<channel>.png``, ``train.csv`` (the images' labels), ``truth.csv`` (every cell's, in
        the submission's format) and ``masks/``; fields that an earlier run with other settings left there go.
    """
    simulation = _FieldSimulation(out, settings)
    _remove_other_fields(out, {simulation.image_id(index) for index in range(settings.fields)})
    written: list[_WrittenField] = []
    failures: list[Failure] = []
    for index, result in context.map(
        simulation, range(settings.fields), description="simulate", total=settings.fields, processes=True
    ):
        if isinstance(result, Exception):
            failures.append(Failure(simulation.image_id(index), str(result)))
        else:
            written.append(result)
    write_labels(out / "train.csv", {field.image_id: field.image_labels for field in written})
    height, width = settings.shape
    write_submission(
        out / "truth.csv",
        (SubmissionRow(field.image_id, width, height, field.prediction_string) for field in written),
    )
    return StageReport(
        counts={
            "fields": len(written),
            "cells": sum(field.cells for field in written),
            "classes": len({label for field in written for label in field.image_labels}),
        },
        failures=failures,
        details={"cell_lines": {field.image_id: field.cell_line for field in written}},
    )


@dataclass(frozen=True)
class _WrittenField:
    """What the tables need of a field whose pictures are written."""

    image_id: str
    image_labels: tuple[int, ...]
    prediction_string: str
    cells: int
    cell_line: str


class _FieldSimulation:
    """Simulate one field and write its pictures; called in several processes."""

    def __init__(self, out: Path, settings: SimulateSettings) -> None:
        self._out, self._seed = out, settings.seed
        self._settings = FieldSettings(
            shape=settings.shape,
            pixel_size_um=settings.pixel_size_um,
            seed=settings.seed,
            single_fraction=settings.single_fraction,
            negative_cells=settings.negative_cells,
            missing_patterns=settings.missing_patterns,
            mitotic_fraction=settings.mitotic_fraction,
        )

    def image_id(self, index: int) -> str:
        return f"sim-{self._seed}-{index + 1:05d}"

    def __call__(self, index: int) -> _WrittenField:
        image_id = self.image_id(index)
        field = simulate_field(index, self._settings)
        for channel, picture in zip(CHANNELS, field.image, strict=True):
            _write_picture(self._out / f"{image_id}_{channel}.png", picture)
        write_label_image(self._out / "masks" / f"{image_id}_cells.png", field.cells)
        write_label_image(self._out / "masks" / f"{image_id}_nuclei.png", field.nuclei)
        return _WrittenField(
            image_id, field.image_labels, _prediction_string(field), len(field.cell_labels), field.cell_line
        )


def _write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    _, encoded = cv2.imencode(".png", picture)
    with atomic_write(path) as temporary:
        temporary.write_bytes(encoded.tobytes())


def _prediction_string(field: SimulatedField) -> str:
    masks = encode_label_image(field.cells)
    triples = [
        (label, mask) for labels, mask in zip(field.cell_labels, masks, strict=True) for label in labels
    ]
    labels = np.array([label for label, _ in triples], np.int8)
    return format_prediction_string(Triples(labels, np.ones(len(triples)), [mask for _, mask in triples]))


def _remove_other_fields(out: Path, image_ids: set[str]) -> None:
    for folder in (out, out / "masks"):
        for path in folder.glob("sim-*.png"):
            ours = _OUR_FILE.fullmatch(path.name)
            if ours and ours[1] not in image_ids:
                path.unlink()

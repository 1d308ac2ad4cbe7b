"""Simulate: write a set of fields with known cells, nuclei and labels."""

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np

from data.channels import CHANNELS
from data.images.image_file import write_plane
from data.labels.label_file import write_labels
from data.masks.label_image import write_label_image
from data.masks.rle import encode_label_image
from data.predictions.prediction_string import Triples, format_prediction_string
from data.predictions.submission import SubmissionRow, write_submission
from data.simulate.field import SimulatedField, simulate_set_field
from data.simulate.field_record import FieldRecord, hash_pictures, read_record, write_record
from data.simulate.fingerprints import hash_pixels, hash_simulator, hash_truth
from stages.simulate.paths import SimulateInputs, SimulateOutputs
from stages.simulate.settings import SimulateSettings
from stages.stage import Context, Failure, StageReport

_OUR_FILE = re.compile(rf"(sim-\d+-\d{{5,}})(_(?:{'|'.join((*CHANNELS, 'cells', 'nuclei'))})\.png|\.json)")


_HALF_WRITTEN = re.compile(r"\.sim-\d+-\d{5,}.*\.[0-9a-f]{8}\.(png|json)")


def run(
    inputs: SimulateInputs, outputs: SimulateOutputs, settings: SimulateSettings, context: Context
) -> StageReport:
    """Simulate a set of fields into a folder."""
    out = outputs.fields_dir
    simulation = _FieldSimulation(out, settings)
    _remove_other_fields(out, {simulation.image_id(index) for index in range(settings.fields)})
    records: list[FieldRecord] = []
    failures: list[Failure] = []
    simulated = 0
    for index, result in context.map(
        simulation, range(settings.fields), description="simulate", total=settings.fields, processes=True
    ):
        if isinstance(result, Exception):
            failures.append(Failure(simulation.image_id(index), str(result)))
        else:
            record, is_new = result
            records.append(record)
            simulated += is_new
    write_labels(out / "train.csv", {record.image_id: record.given_labels for record in records})
    write_submission(
        out / "truth.csv",
        (
            SubmissionRow(record.image_id, record.width, record.height, record.prediction_string)
            for record in records
        ),
    )
    return StageReport(
        counts={
            "fields": len(records),
            "cells": sum(record.cells for record in records),
            "classes": len({label for record in records for label in record.image_labels}),
        },
        failures=failures,
        details={
            "simulated": simulated,
            "fields": {record.image_id: _describe(record) for record in records},
        },
    )


def _describe(record: FieldRecord) -> dict[str, Any]:
    return record.model_dump(include={"antibody", "cell_line", "truth", "pixels"})


class _FieldSimulation:
    """Simulate one field and write its pictures, unless that is done; called in several processes."""

    def __init__(self, out: Path, settings: SimulateSettings) -> None:
        self._out, self._settings = out, settings
        # A field is the same however many there are.
        described = settings.model_dump_json(exclude={"fields"})
        self._key = hashlib.sha256(f"{hash_simulator()} {described}".encode()).hexdigest()

    def image_id(self, index: int) -> str:
        return f"sim-{self._settings.seed}-{index + 1:05d}"

    def __call__(self, index: int) -> tuple[FieldRecord, bool]:
        """Return the record of a field, and whether it was simulated now."""
        done = read_record(self._out, self.image_id(index), self._key)
        if done is not None:
            return done, False
        field = simulate_set_field(index, self._settings.field_settings(index))
        record = self._write(self.image_id(index), field)
        write_record(self._out, record)
        return record, True

    def _write(self, image_id: str, field: SimulatedField) -> FieldRecord:
        pictures = {
            f"{image_id}_{channel}.png": plane for channel, plane in zip(CHANNELS, field.image, strict=True)
        }
        masks = {f"masks/{image_id}_cells.png": field.cells, f"masks/{image_id}_nuclei.png": field.nuclei}
        for name, picture in pictures.items():
            write_plane(self._out / name, picture)
        for name, mask in masks.items():
            write_label_image(self._out / name, mask)
        height, width = field.cells.shape
        return FieldRecord(
            key=self._key,
            image_id=image_id,
            height=height,
            width=width,
            given_labels=field.given_labels,
            image_labels=field.image_labels,
            prediction_string=_prediction_string(field),
            cells=len(field.cell_labels),
            antibody=field.antibody,
            cell_line=field.cell_line,
            truth=hash_truth(field),
            pixels=hash_pixels(field.image),
            file_bytes={name: (self._out / name).stat().st_size for name in (*pictures, *masks)},
            file_hashes=hash_pictures(self._out, (*pictures, *masks)),
        )


def _prediction_string(field: SimulatedField) -> str:
    masks = encode_label_image(field.cells)
    triples = [
        (label, mask) for labels, mask in zip(field.cell_labels, masks, strict=True) for label in labels
    ]
    labels = np.array([label for label, _ in triples], np.int8)
    return format_prediction_string(Triples(labels, np.ones(len(triples)), [mask for _, mask in triples]))


def _remove_other_fields(out: Path, image_ids: set[str]) -> None:
    for folder in (out, out / "masks", out / "records"):
        for path in folder.glob("sim-*"):
            ours = _OUR_FILE.fullmatch(path.name)
            if ours and ours[1] not in image_ids:
                path.unlink()
        for path in folder.glob(".sim-*"):
            if _HALF_WRITTEN.fullmatch(path.name):
                path.unlink()

"""Decode a submission: label images, and a table of its cells."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd

from data.atomic import atomic_folder
from data.errors import InputError
from data.masks.label_image import write_label_image
from data.masks.run_budget import RunBudget
from data.predictions.submission import SubmissionRow, build_submission, read_checked_rows
from data.submission.cells import SubmissionCells
from data.submission.label_image import draw_label_image
from data.tables.csv_file import write_csv
from stages.stage import Context, Failure, StageReport
from stages.submission.paths import DecodeInputs, DecodeOutputs

log = logging.getLogger("hpacells")

_COLUMNS = ["ID", "Cell", "Label", "Confidence", "Area", "Shown"]
_NAME_BYTES = 200


def decode(inputs: DecodeInputs, outputs: DecodeOutputs, context: Context) -> StageReport:
    """Write a label image of each image and the table of all cells; faulty images are left out and reported.

    Raises
    ------
    InputError
        The file is missing or no submission, or not one of its images can be decoded.
    """
    with (
        context.track("submission decode", 0) as advance,
        atomic_folder(outputs.masks_dir, replace=True) as folder,
    ):
        decoding = _Decoding(inputs, folder)
        for name, line, row in read_checked_rows(inputs.submission_path):
            decoding.add(name, line, row)
            advance(1)
        if decoding.failures and not decoding.images:
            count, why = len(decoding.failures), decoding.failures[0].why
            raise InputError(
                found=f"not one of {count} images can be decoded: {why}",
                where=inputs.submission_path,
                expected="a submission",
                advice="run `hpacells submission check`, which lists every problem",
            )
    write_csv(outputs.cells_path, pd.DataFrame(decoding.rows, columns=_COLUMNS))
    return decoding.report()


class _Decoding:
    def __init__(self, inputs: DecodeInputs, folder: Path) -> None:
        self._inputs, self._folder = inputs, folder
        self._budget = RunBudget()
        self._empty = 0
        self.images: set[str] = set()
        self.rows: list[tuple[Any, ...]] = []
        self.failures: list[Failure] = []

    def add(self, name: str, line: int, row: SubmissionRow | InputError) -> None:
        """Decode a row, or note why it cannot be."""
        try:
            if isinstance(row, InputError):
                raise row
            self._decode(line, row)
        except InputError as error:
            self.failures.append(Failure(name, str(error)))

    def report(self) -> StageReport:
        """Return what was decoded, and warn of cells that others hide."""
        counts: dict[str, int | float] = {"images": len(self.images), "cells": len(self.rows)}
        if self._empty:
            counts["empty masks left out"] = self._empty
        hidden = sum(row[4] > row[5] for row in self.rows)
        if hidden:
            log.warning(
                "%s: %d of %d cells share pixels with more confident ones, to which these are given in the "
                "label images; their columns Area and Shown differ",
                self._inputs.submission_path,
                hidden,
                len(self.rows),
            )
        return StageReport(counts=counts, failures=self.failures)

    def _decode(self, line: int, row: SubmissionRow) -> None:
        source = str(self._inputs.submission_path)
        where = f"{source}, line {line}, image {row.image_id}"
        if row.image_id in self.images:
            raise InputError(found="this ID is there a second time", where=where, expected="one row an image")
        _check_name(row.image_id, where)
        reader = SubmissionCells(
            build_submission(source, [(line, row)], self._inputs.label_set), self._budget
        )
        cells = reader.of_image(0)
        label_image, shown = draw_label_image(cells, row.height, row.width, where=where)
        write_label_image(self._folder / f"{row.image_id}_cells.png", label_image)
        self.images.add(row.image_id)
        self._empty += reader.empty
        for number, (cell, pixels) in enumerate(zip(cells, shown.tolist(), strict=True), start=1):
            classes = sorted(cell.confidences.items(), key=lambda item: (-item[1], item[0]))
            labels = "|".join(str(label) for label, _ in classes)
            confidences = "|".join(f"{confidence:.6g}" for _, confidence in classes)
            self.rows.append((row.image_id, number, labels, confidences, cell.runs.area, pixels))


def _check_name(image_id: str, where: str) -> None:
    """Check that an ID can be the name of a file in a folder, and of none elsewhere.

    Raises
    ------
    InputError
        It cannot.
    """
    is_path = any(sign in image_id for sign in "/\\\0") or image_id in (".", "..")
    if is_path or len(image_id.encode(errors="surrogateescape")) > _NAME_BYTES:
        raise InputError(
            found="an ID that is a path" if is_path else "an ID too long for the name of a file",
            where=where,
            expected="the name of an image",
        )

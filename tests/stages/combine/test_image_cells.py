"""Submissions that are written some images at a time beside those computed from the tables as a whole."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import COLUMN_TYPES, write_cells
from data.errors import InputError
from data.fields.images_table import read_images, write_images
from data.predictions import cell_blocks
from data.predictions.prediction_string import choose_triples, format_prediction_string
from data.predictions.predictions_table import write_predictions
from data.rules.cell_facts import collect_facts
from data.rules.rules import apply_rules
from stages.combine import image_cells
from stages.combine.image_table import read_image_probabilities
from stages.combine.joined_cells import join_cells
from stages.combine.paths import CombineInputs, CombineOutputs
from stages.combine.run import run
from stages.combine.settings import CombineSettings
from stages.stage import StageReport
from tests.factories.context import QuietContext

NAMES = ("Nucleoplasm", "Mitotic spindle", "Negative")
IMAGES = [f"image {number}" for number in (7, 3, 9, 1, 12, 5, 4, 8, 2, 11, 6, 10)]
PIXEL_SIZES = {image_id: 0.1 + number / 100 for number, image_id in enumerate(IMAGES)}
MANY_RULES = {
    "image": {"fusion": "mean", "weight": 0.3, "joint_weight": 0.2},
    "negative": {"confidence": "product", "damps_others": True},
    "rare": {"rank_weight": 0.5, "image_gate": True, "classes": ["Mitotic spindle"]},
    "cells": {"border": "weight", "invisible": "leave-out", "size": "weight", "max_deviations": 1.0},
}


class Work:
    """Twelve images, three of them without a cell, one with dropped cells alone."""

    def __init__(self, folder: Path) -> None:
        rng = np.random.default_rng(11)
        self.folder = folder
        counts = [0 if number % 4 == 1 else 1 + number % 5 for number in range(len(IMAGES))]
        total = sum(counts)
        ids = np.repeat(IMAGES, counts)
        columns: dict[str, Any] = dict.fromkeys(COLUMN_TYPES, 1) | {
            "image_id": ids,
            "cell_id": np.concatenate([np.arange(1, count + 1) for count in counts]),
            "dropped": np.where((rng.random(total) < 0.2) | (ids == IMAGES[4]), "too dark", ""),
            "area_px": rng.integers(50, 5000, total),
            "nucleus_area_px": rng.integers(20, 50, total),
            "border_fraction_inside": rng.random(total),
            "mean_blue": rng.random(total) / 1000,
            "rle": [f"mask{number}" for number in range(total)],
        }
        self.cells = pd.DataFrame(columns)
        self.predicted = self.cells[self.cells["dropped"] == ""]
        self.probabilities = rng.random((len(self.predicted), 3)).astype(np.float32)
        self.of_images = rng.random((len(IMAGES), 3)).astype(np.float32)

    def inputs(self, **changed: Any) -> CombineInputs:
        usual = {
            "cells_path": self.folder / "cells.parquet",
            "predictions_path": self.folder / "predictions.parquet",
            "images_table_path": self.folder / "images.parquet",
            "pixel_sizes_um": PIXEL_SIZES,
        }
        return CombineInputs(**usual | changed)

    def write(self) -> None:
        inputs = self.inputs()
        write_cells(inputs.cells_path, self.cells)
        write_predictions(
            inputs.predictions_path,
            self.predicted["image_id"].tolist(),
            self.predicted["cell_id"].to_numpy(),
            self.probabilities,
            class_names=NAMES,
            image_weight=0.25,
        )
        write_predictions(
            self.folder / "fields.parquet",
            IMAGES,
            np.ones(len(IMAGES)),
            self.of_images,
            class_names=NAMES,
        )
        sizes = {"image_height": range(100, 112), "image_width": range(200, 212), "cells": 1}
        write_images(inputs.images_table_path, pd.DataFrame({"image_id": IMAGES} | sizes))

    def combine(self, inputs: CombineInputs, settings: CombineSettings) -> tuple[bytes, StageReport]:
        path = self.folder / "submission.csv"
        report = run(inputs, CombineOutputs(path), settings, QuietContext())
        return path.read_bytes(), report


def compute_whole(inputs: CombineInputs, settings: CombineSettings, path: Path) -> tuple[bytes, int]:
    """Write the submission from all cells at once; return it and how many cells a rule leaves out."""
    table, probabilities = join_cells(inputs.cells_path, inputs.predictions_path)
    kept = table[table["dropped"] == ""]
    facts = collect_facts(kept, inputs.pixel_sizes_um)
    images = inputs.image_predictions_path
    made = apply_rules(
        probabilities[kept["prediction"].to_numpy(int)],
        facts,
        NAMES,
        settings.rules,
        0.25,
        None
        if images is None
        else read_image_probabilities(images, facts.image_ids, inputs.predictions_path, None),
    )
    masks = pd.read_parquet(inputs.cells_path)["rle"].to_numpy(object)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["ID", "ImageWidth", "ImageHeight", "PredictionString"])
        for number, image_id in enumerate(IMAGES):
            rows = np.flatnonzero((kept["image_id"] == image_id).to_numpy() & ~made.left_out)
            strings = masks[kept["row"].to_numpy(int)[rows]].tolist()
            triples = choose_triples(
                strings, made.values[rows], settings.min_confidence, settings.max_classes
            )
            writer.writerow([image_id, 200 + number, 100 + number, format_prediction_string(triples)])
    return path.read_bytes(), int(made.left_out.sum())


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    monkeypatch.setattr(cell_blocks, "BLOCK_ROWS", 4)
    monkeypatch.setattr(image_cells, "BLOCK_ROWS", 4)
    return Work(tmp_path)


def refuse_whole(*_: object) -> None:
    pytest.fail("the tables were read as a whole")


@pytest.mark.parametrize(
    ("rules", "left_out"),
    [
        ({}, False),
        (MANY_RULES, True),
        ({"cells": {"size": "leave-out", "max_deviations": 1.0}}, True),
        ({"image": {"statistic": "classifier", "fusion": "root"}, "rare": {"image_gate": True}}, False),
    ],
)
def test_streamed_as_if_computed_as_a_whole(
    work: Work, rules: dict[str, Any], left_out: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write()
    settings = CombineSettings.model_validate({"rules": rules, "min_confidence": 0.05, "max_classes": 2})
    fields = work.folder / "fields.parquet" if "classifier" in str(rules) else None
    # Pixel sizes of all images, and of some alone.
    for sizes in (PIXEL_SIZES, {IMAGES[0]: 0.5}):
        inputs = work.inputs(image_predictions_path=fields, pixel_sizes_um=sizes)
        expected, count = compute_whole(inputs, settings, work.folder / "whole.csv")
        assert bool(count) is left_out
        with monkeypatch.context() as patched:
            patched.setattr(image_cells, "join_cells", refuse_whole)
            streamed, report = work.combine(inputs, settings)
        assert streamed == expected
        assert report.counts.get("left out by a rule", 0) == count
        assert report.counts["dropped"] == (work.cells["dropped"] != "").sum()
        assert report.counts["cells"] == len(work.predicted) - count


def test_predictions_in_any_order(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.write()
    settings = CombineSettings.model_validate({"rules": MANY_RULES})
    streamed, report = work.combine(work.inputs(), settings)
    order = np.random.default_rng(0).permutation(len(work.predicted))
    work.predicted, work.probabilities = work.predicted.iloc[order], work.probabilities[order]
    work.write()
    with monkeypatch.context() as patched:
        patched.setattr(image_cells, "join_cells", refuse_whole)
        shuffled, of_shuffled = work.combine(work.inputs(), settings)
    assert shuffled == streamed
    assert of_shuffled.counts == report.counts
    work.cells = work.cells.sample(frac=1, random_state=1)
    work.write()
    assert work.combine(work.inputs(), settings)[0] == streamed


def test_images_in_another_order_than_their_cells(work: Work) -> None:
    order = np.argsort(work.cells["image_id"].to_numpy(), kind="stable")
    work.write()
    settings = CombineSettings.model_validate({"rules": MANY_RULES})
    streamed, _ = work.combine(work.inputs(), settings)
    work.cells = work.cells.iloc[order]
    work.write()
    assert work.combine(work.inputs(), settings)[0] == streamed


@pytest.mark.parametrize("has_one_order", [True, False])
def test_an_image_that_the_images_table_has_twice(work: Work, has_one_order: bool) -> None:
    if not has_one_order:
        work.cells = work.cells.iloc[::-1]
    work.write()
    path = work.folder / "images.parquet"
    images = read_images(path)
    write_images(path, pd.concat([images, images.iloc[[3]]], ignore_index=True))
    with pytest.raises(InputError, match=f"image {images['image_id'][3]} has two rows; expected one row per"):
        work.combine(work.inputs(), CombineSettings.model_validate({}))

"""A report that shows some of the fields."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stages.inspect.report
from data.fields.images_table import write_images
from data.predictions.predictions_table import write_predictions
from pipeline.engines.local import LocalEngine
from stages.inspect.attention.maps import CellAttention
from stages.inspect.paths import InspectInputs, InspectOutputs
from stages.inspect.run import run
from stages.inspect.settings import InspectSettings
from tests.factories.report.data import read_data, read_fields

ENGINE = LocalEngine(workers=2)


def test_tiles_and_attention_are_those_of_the_cells_that_are_shown(
    inputs: InspectInputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probabilities = np.full((3, 19), 0.1, np.float32)
    write_predictions(inputs.predictions_path, ["a", "a", "c #1"], np.array([1, 2, 1]), probabilities)
    asked: list[list[int]] = []

    def attend(_: object, __: Path, shown: np.ndarray, *___: object) -> CellAttention:
        asked.append(shown.tolist())
        weights = {int(row): np.full((1, 4, 4), row + 1, np.float32) for row in shown}
        return CellAttention(maps=weights, legend="weights")

    monkeypatch.setattr(stages.inspect.report, "find_attention", attend)
    run(inputs, InspectOutputs(tmp_path / "report"), InspectSettings(), ENGINE)
    every = tmp_path / "report"
    every.rename(tmp_path / "every")
    images = pd.read_parquet(inputs.images_table_path)
    write_images(inputs.images_table_path, images[images["image_id"] == "c #1"])
    report = run(inputs, InspectOutputs(tmp_path / "report"), InspectSettings(), ENGINE)
    assert report.counts == {"fields": 1, "cells": 3}
    assert asked == [[0, 1, 2], [2]]
    for kind in ("tiles", "attention"):
        alone = (tmp_path / f"report/fields/1_{kind}_1.jpg").read_bytes()
        assert alone == (tmp_path / f"every/fields/3_{kind}_1.jpg").read_bytes()
    [cell] = read_fields(tmp_path / "report")["c #1"]["cells"]
    # Those most like it are among the cells that are shown.
    assert cell == read_fields(tmp_path / "every")["c #1"]["cells"][0] | {"near": []}
    assert cell["attention"] == [0, "attention: at most 300.00% on one patch"]
    assert read_data(tmp_path / "report", "data/report")["cells"] == 3

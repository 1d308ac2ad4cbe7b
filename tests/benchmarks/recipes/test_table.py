"""Results are kept, laid out as rows, and written as table and picture."""

import json
from pathlib import Path
from typing import Any

import cv2
import pandas as pd
import pytest

from benchmarks.recipes.pictures import draw_comparison
from benchmarks.recipes.results import make_row, measure_once, sort_rows
from benchmarks.recipes.table import format_table, write_tables


def simulated(score: float) -> dict[str, Any]:
    figures = {"macro_f1": score / 2, "micro_ap": score / 3, "macro_ap": score + 0.05}
    return {
        "px": 64,
        "weights": "random",
        "map": score,
        "cells": 120,
        "seconds": 20.0,
        "tiles": 5000,
        "parameters": 3_500_000,
        "image": figures,
        "true": figures,
    }


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    real = {"balanced_accuracy": 0.61, "macro_f1": 0.52, "cells": 413}
    return [
        make_row("zhang2021-senet", {"simulated": simulated(0.25)}, "macro-F1 0.789"),
        make_row("hpacells", {"simulated": simulated(0.375), "imagenet": real, "pretrained": {}}, ""),
        make_row("jain2021-ce", {"simulated": {"failed": "no memory"}}, "micro AP 0.35"),
        make_row("jain2021-triplet", {"simulated": simulated(0.3), "imagenet": {"failed": "x"}}, ""),
    ]


def test_a_row_has_the_same_columns_whatever_is_known(rows: list[dict[str, Any]]) -> None:
    assert len({tuple(row) for row in rows}) == 1
    senet, ours, failed, half = rows
    assert senet["tiles_per_second"] == 250
    assert senet["real_imagenet_macro_f1"] is None
    assert ours["real_imagenet_balanced_accuracy"] == 0.61
    assert ours["real_pretrained_cells"] is None
    assert failed["failed"] == "simulated: no memory"
    assert failed["map"] is None
    assert half["failed"] == "real: x"


def test_the_best_stands_first_and_those_that_failed_last(rows: list[dict[str, Any]]) -> None:
    names = [row["recipe"] for row in sort_rows(rows)]
    assert names == ["hpacells", "jain2021-triplet", "zhang2021-senet", "jain2021-ce"]


def test_table(rows: list[dict[str, Any]]) -> None:
    lines = format_table(sort_rows(rows), ["the foot"]).splitlines()
    titles, _, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:6]]
    assert all(len(cells) == len(titles) for cells in body)
    table = {cells[0]: dict(zip(titles, cells, strict=True)) for cells in body}
    assert table["zhang2021-senet"]["mAP@0.6"] == "0.250"
    assert table["zhang2021-senet"]["to hpacells"] == "-0.125"
    assert table["hpacells"]["to hpacells"] == "-"
    assert table["hpacells"]["real: bal. acc."] == "0.610"
    assert table["hpacells"]["parameters, M"] == "3.5"
    assert table["hpacells"]["tiles/s"] == "250"
    assert table["jain2021-ce"]["mAP@0.6"] == "-"
    assert table["zhang2021-senet"]["published"] == "macro-F1 0.789"
    # Nothing is known of pretrained recipes on real cells.
    assert not any("pretrained" in title for title in titles)
    assert "- jain2021-ce failed: simulated: no memory" in lines
    assert "Judged on 120 simulated cells and 413 real cells." in lines
    assert lines[-1] == "the foot"


def test_without_real_cells_there_is_no_column_for_them(rows: list[dict[str, Any]]) -> None:
    assert "real" not in format_table(rows[:1], [])


def test_files(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    write_tables(tmp_path, rows, ["foot"])
    draw_comparison(tmp_path / "recipes.png", rows)
    assert (tmp_path / "recipes.md").read_text() == format_table(sort_rows(rows), ["foot"])
    table = pd.read_csv(tmp_path / "recipes.csv")
    assert table["map"].tolist()[:3] == [0.375, 0.3, 0.25]
    assert json.loads((tmp_path / "recipes.json").read_text())["recipes"] == sort_rows(rows)
    picture = cv2.imread(str(tmp_path / "recipes.png"))
    assert picture is not None
    assert picture.std() > 10


def test_no_picture_of_nothing(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    draw_comparison(tmp_path / "recipes.png", [rows[2]])
    assert not (tmp_path / "recipes.png").exists()


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    calls = []

    def measure() -> dict[str, Any]:
        calls.append(1)
        return {"map": 0.5}

    path = tmp_path / "recipe" / "simulated.json"
    for key in ("a", "a", "b"):
        assert measure_once(path, key, measure) == {"map": 0.5}
    assert len(calls) == 2
    path.write_text("{half a fi")
    assert measure_once(path, "b", measure) == {"map": 0.5}
    assert len(calls) == 3


def test_what_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    def fail() -> dict[str, Any]:
        message = "out of\nmemory"
        raise RuntimeError(message)

    def stop() -> dict[str, Any]:
        raise KeyboardInterrupt

    path = tmp_path / "recipe" / "simulated.json"
    assert measure_once(path, "a", fail) == {"failed": "out of memory"}
    assert not path.exists()
    measure_once(path, "a", lambda: {"map": 0.5})
    with pytest.raises(KeyboardInterrupt):
        measure_once(path, "b", stop)
    # The model may be another one by now.
    assert not path.exists()

"""What is said of all cells, found some images at a time, beside the same from all at once."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import write_cells
from data.labels.label_set import LabelSet
from data.predictions import cell_blocks
from data.predictions.predictions_table import write_predictions
from stages.inspect import survey
from stages.inspect.cells.cell_facts import CellFacts, GivenClasses
from stages.inspect.cells.places import Places
from stages.inspect.survey import survey_cells
from stages.inspect.tally.cell_tally import CellTally, identify_cells
from stages.inspect.written.scripts import write_script
from tests.factories.cells_table import make_cells_table

LABEL_SET = LabelSet(names=("A", "B", "C", "D"), title="of the test")
SHOWN = ["image 4", "image 11"]


class Tables:
    """Thirty images of one to six cells, some dropped, some not predicted, two images in three labelled."""

    def __init__(self, folder: Path, most: int = 6) -> None:
        rng = np.random.default_rng(2)
        self.cells_path, self.predictions_path = folder / "cells.parquet", folder / "predictions.parquet"
        ids = np.repeat([f"image {number}" for number in range(30)], rng.integers(1, most + 1, 30))
        count = len(ids)
        self.cells = make_cells_table(
            ids.tolist(),
            dropped=rng.choice(["", "", "", "too dark", "too small"], count),
            group=[f"group {number // 5}" for number in range(count)],
            area_px=rng.integers(100, 1000, count),
        )
        self.predicted = np.flatnonzero(rng.random(count) < 0.9)
        self.probabilities = rng.dirichlet(np.full(4, 0.3), count).astype(np.float32)
        labels = {f"image {number}": ("A", "E")[: 1 + number % 2] for number in range(0, 30, 3)}
        labels |= {f"image {number}": ("C",) for number in range(1, 30, 3)}
        self.given = GivenClasses(LABEL_SET, labels)

    def write(self, order: np.ndarray | None = None) -> None:
        rows = self.predicted if order is None else self.predicted[order]
        write_cells(self.cells_path, self.cells)
        write_predictions(
            self.predictions_path,
            self.cells["image_id"].to_numpy(object)[rows].tolist(),
            self.cells["cell_id"].to_numpy()[rows],
            self.probabilities[rows],
            class_names=LABEL_SET.names,
            labels=["|".join(map(str, np.flatnonzero(self.probabilities[row] > 0.4))) for row in rows],
        )

    def survey(self) -> tuple[CellTally, CellFacts]:
        return survey_cells(self.cells_path, self.predictions_path, SHOWN, LABEL_SET, self.given)


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tables:
    monkeypatch.setattr(cell_blocks, "BLOCK_ROWS", 5)
    return Tables(tmp_path)


def refuse_whole(*_: object) -> None:
    pytest.fail("the tables were read as a whole")


def tell(folder: Path, tally: CellTally, facts: CellFacts) -> Any:
    """Return what a report holds of these."""
    places = Places(np.ones(len(facts), np.int32), facts.table["cell_id"].to_numpy(np.int32))
    write_script(folder, "classes", tally.classes.describe(facts, places))
    patterns = tally.patterns.describe(facts.class_names)
    return tally.cells, tally.dropped, patterns, (folder / "classes.js").read_text(), facts.stored.tolist()


def test_the_cells_that_are_shown(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    tables.write()
    monkeypatch.setattr(survey, "read_cells", refuse_whole)
    tally, facts = tables.survey()
    expected = np.flatnonzero(tables.cells["image_id"].isin(SHOWN))
    assert facts.stored.tolist() == expected.tolist()
    assert facts.table["image_id"].tolist() == tables.cells["image_id"].iloc[expected].tolist()
    assert facts.table["area_px"].tolist() == tables.cells["area_px"].iloc[expected].tolist()
    known = np.isin(expected, tables.predicted)
    assert facts.predicted.known.tolist() == known.tolist()
    np.testing.assert_array_equal(facts.predicted.probabilities[known], tables.probabilities[expected[known]])
    rows = np.searchsorted(tables.predicted, expected[known])
    assert facts.predicted.rows[known].tolist() == rows.tolist()
    assert tally.cells == len(tables.cells)
    assert tally.dropped == tables.cells["dropped"].value_counts().to_dict()


@pytest.mark.parametrize("most", [6, 1])
def test_all_cells_some_images_at_a_time(
    tables: Tables, tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With one cell an image, as pre-cropped ones are, agreement is that of the groups.
    tables = Tables(tmp_path, most)
    tables.write()
    with monkeypatch.context() as patched:
        patched.setattr(survey, "read_cells", refuse_whole)
        streamed = tell(tmp_path, *tables.survey())
    tables.write(np.random.default_rng(0).permutation(len(tables.predicted)))
    with monkeypatch.context() as patched:
        patched.setattr(survey, "read_cells", refuse_whole)
        assert tell(tmp_path, *tables.survey()) == streamed
    monkeypatch.setattr(survey, "CellBlocks", lambda *_, **__: refuse_blocks(tables.predictions_path))
    whole = tell(tmp_path, *tables.survey())
    assert streamed == whole
    classes = json.loads(whole[3].removeprefix('hpacells.receive("classes",').removesuffix(");\n"))
    assert any(entry.get("agreement") for entry in classes["classes"])
    assert classes["labelled"] > 10
    assert {"ap", "curve"} <= set(classes["classes"][0])


def refuse_blocks(path: Path) -> None:
    raise cell_blocks.OutOfStepError(found="another order", where=path)


def test_figures_of_a_class(tables: Tables) -> None:
    tables.write()
    tally, facts = tables.survey()
    places = Places(np.zeros(len(facts), np.int32), np.zeros(len(facts), np.int32))
    entry = tally.classes.describe(facts, places)["classes"][2]
    table = tables.cells.assign(called=tables.probabilities[:, 2] > 0.4)
    table = table.iloc[tables.predicted]
    table = table[table["dropped"] == ""]
    given = table["image_id"].isin([f"image {number}" for number in range(1, 30, 3)])
    assert (entry["predicted"], entry["given"]) == (table["called"].sum(), given.sum())
    shares = table.groupby("image_id")["called"].agg(["mean", "size", "any"])
    shares = shares[(shares["size"] > 1) & shares["any"]]
    assert entry["agreement"]["images"] == len(shares)
    assert entry["agreement"]["mean"] == pytest.approx(shares["mean"].mean(), abs=1e-4)


def test_tables_of_no_cell(tables: Tables) -> None:
    tables.cells, tables.predicted = tables.cells.iloc[:0], tables.predicted[:0]
    tables.write()
    tally, facts = tables.survey()
    assert (tally.cells, len(facts), facts.likeliest.shape) == (0, 0, (0,))


def test_the_name_of_the_cells(tables: Tables) -> None:
    tables.write()
    digest = hashlib.sha256()
    for name in ("image_id", "cell_id", "y0", "x0", "y1", "x1", "area_px"):
        digest.update("\n".join(map(str, tables.cells[name].tolist())).encode())
    assert identify_cells(tables.cells_path) == digest.hexdigest()[:16]
    pd.read_parquet(tables.cells_path).to_parquet(tables.cells_path, row_group_size=7)
    assert identify_cells(tables.cells_path) == digest.hexdigest()[:16]

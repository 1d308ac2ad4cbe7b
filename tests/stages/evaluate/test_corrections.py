"""Cells of which somebody said what they show are judged by that, as a training takes it."""

import logging
from pathlib import Path

import numpy as np
import pytest

from data.cells.cells_table import write_cells
from data.errors import InputError
from data.predictions import cell_blocks
from data.predictions.predictions_table import write_predictions
from stages.evaluate import run as evaluate
from stages.evaluate.paths import EvaluateInputs, EvaluateOutputs
from stages.evaluate.settings import EvaluateSettings
from stages.stage import StageReport
from tests.factories.cells_table import make_cells_table
from tests.factories.context import QuietContext

IMAGES, NUMBERS = ["a", "a", "a", "b", "b", "d", "d"], [1, 2, 3, 1, 2, 1, 2]
CALLED = ["0", "1", "0", "1", "2", "2", "2"]
NAMES = ("Nucleus", "Cytosol", "Golgi")
HEADER = "ID,Cell,Mark,Label\n"


class Work:
    """Seven cells: three of a (Nucleus), two of b (Cytosol), two of d, which has no label."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cells = folder, folder / "cells.parquet"
        self.dropped, self.mixed = [""] * len(IMAGES), False

    def run(self, corrections: str | None = None, labels: str = "a,0\nb,1\n", **options: int) -> StageReport:
        cells = make_cells_table(IMAGES, cell_id=NUMBERS, dropped=self.dropped)
        write_cells(self.cells, cells.sample(frac=1, random_state=1) if self.mixed else cells)
        predictions, label_file = self.folder / "predictions.parquet", self.folder / "labels.csv"
        probabilities = np.eye(3)[[int(called) for called in CALLED]] * 0.8 + 0.1
        write_predictions(predictions, IMAGES, np.array(NUMBERS), probabilities, None, NAMES, CALLED)
        label_file.write_text(f"ID,Label\n{labels}")
        path = None
        if corrections is not None:
            path = self.folder / "corrections.csv"
            path.write_text(HEADER + corrections)
        inputs = EvaluateInputs(predictions, self.cells, label_file, corrections_path=path, **options)
        outputs = EvaluateOutputs(self.folder / "evaluate")
        return evaluate.run(inputs, outputs, EvaluateSettings(), QuietContext())


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    for name in ("draw_confusion", "draw_class_figures"):
        monkeypatch.setattr(evaluate, name, lambda *_: None)
    return Work(tmp_path)


def column(report: StageReport, level: int, name: str = "true") -> list[int]:
    return [row[name] for row in report.details["levels"][level]["classes"]]


def test_a_corrected_cell_is_judged_by_its_own_classes(work: Work) -> None:
    before = work.run()
    assert column(before, 0) == [3, 2, 0]
    assert before.details["levels"][0]["summary"]["subset_accuracy"] == pytest.approx(3 / 5)
    report = work.run("a,2,class,Cytosol\nb,2,class,\n")
    assert column(report, 0) == [2, 2, 0]
    assert report.details["levels"][0]["summary"]["subset_accuracy"] == pytest.approx(4 / 5)
    assert report.counts["corrected cells"] == report.details["corrected_cells"] == 2
    assert "corrected cells" not in before.counts


def test_what_it_shows_is_not_known(work: Work) -> None:
    """A cell marked wrong, or with a bad mask, is left out, as by a training."""
    report = work.run("a,2,wrong,\nb,2,mask,\n")
    assert report.details["levels"][0]["count"] == 3
    assert report.details["levels"][0]["summary"]["subset_accuracy"] == 1.0
    assert report.counts["corrected cells"] == 0


def test_a_cell_of_an_image_without_a_label(work: Work) -> None:
    """It is judged by itself; of its image nothing is known."""
    report = work.run("d,1,right,Golgi\n")
    assert report.details["levels"][0]["count"] == 6
    assert column(report, 0) == [3, 2, 1]
    assert [level["count"] for level in report.details["levels"]] == [6, 2, 2]


def test_images_are_judged_as_without_corrections(work: Work) -> None:
    before = work.run()
    report = work.run("a,2,class,Cytosol\nb,1,mask,\nb,2,class,Golgi\nd,1,right,Golgi\n")
    assert report.details["levels"][1:] == before.details["levels"][1:]


def test_a_dropped_cell_stays_dropped(work: Work) -> None:
    work.dropped[1] = "too small"
    report = work.run("a,2,class,Cytosol\na,3,class,Golgi\n")
    assert column(report, 0) == [1, 2, 1]
    assert report.counts["corrected cells"] == 1


def test_only_corrected_cells_are_left(work: Work) -> None:
    work.dropped[:5] = ["too small"] * 5
    report = work.run("d,1,right,Golgi\n")
    assert [level["level"] for level in report.details["levels"]] == ["cell"]
    with pytest.raises(InputError, match="no cell of the labelled images is left"):
        work.run("d,1,wrong,\n")


def test_how_tables_are_read_changes_nothing(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a,2,class,Cytosol\nb,1,mask,\nb,2,class,Golgi\nd,2,right,Golgi\n"
    whole = work.run(text).details
    monkeypatch.setattr(cell_blocks, "BLOCK_ROWS", 1)
    assert work.run(text).details == whole
    work.mixed = True
    assert work.run(text).details == whole


def test_corrections_of_other_cells(work: Work) -> None:
    with pytest.raises(InputError, match=r"1 of 1 corrections are of cells that are not here.*work folder"):
        work.run("a,9,class,Golgi\n")
    with pytest.raises(InputError, match=r"label 'Dark' is not a class"):
        work.run("a,1,class,Dark\n")


def test_a_training_with_corrections_is_told_where_they_are_not_given(
    work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "hpacells"):
        work.run("a,1,right,Nucleus\n", corrected_in_training=7)
        assert not caplog.records
        work.run(corrected_in_training=7)
    [record] = caplog.records
    assert "corrections of 7 cells, which are judged here by the labels" in record.getMessage()

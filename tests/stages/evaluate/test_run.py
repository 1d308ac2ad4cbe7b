import json
import logging
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from data.cells.cells_table import write_cells
from data.errors import InputError
from data.predictions import cell_blocks
from data.predictions.predictions_table import write_predictions
from stages.evaluate import run as evaluate
from stages.evaluate.paths import EvaluateInputs, EvaluateOutputs
from stages.evaluate.report import format_quality
from stages.evaluate.settings import EvaluateSettings
from stages.stage import StageReport
from tests.factories.cells_table import make_cells_table
from tests.factories.context import QuietContext

NAMES = ("Nucleus", "Cytosol", "Golgi")
CELLS = [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1), ("c", 2), ("d", 1)]
PROBABILITIES = np.array(
    [
        [0.9, 0.1, 0.2],
        [0.8, 0.6, 0.1],
        [0.7, 0.3, 0.0],
        [0.2, 0.9, 0.4],
        [0.6, 0.3, 0.4],
        [0.1, 0.2, 0.9],
        [0.5] * 3,
    ]
)
CALLED = ["0", "0|1", "0", "1", "0", "2", ""]
LABELS = "ID,Label,Protein\na,0,P\nb,Cytosol,Q\nc,0|2,P\n"


class Work:
    """Seven cells of four images, one of them without a label; a test changes what it needs."""

    def __init__(self, folder: Path) -> None:
        self.predictions, self.cells = folder / "predictions.parquet", folder / "cells.parquet"
        self.labels, self.output = folder / "labels.csv", folder / "evaluate"
        self.called: list[str] | None = CALLED
        self.cells_of, self.dropped = list(CELLS), [""] * len(CELLS)
        self.text = LABELS

    def run(self, settings: EvaluateSettings | None = None, **options: Any) -> StageReport:
        image_ids, cell_ids = map(list, zip(*self.cells_of, strict=True))
        write_cells(self.cells, make_cells_table(image_ids, cell_id=cell_ids, dropped=self.dropped))
        image_ids, cell_ids = zip(*CELLS, strict=True)
        write_predictions(
            self.predictions, image_ids, np.array(cell_ids), PROBABILITIES, None, NAMES, self.called
        )
        self.labels.write_text(self.text)
        return self.evaluate(settings, **options)

    def evaluate(self, settings: EvaluateSettings | None = None, **options: Any) -> StageReport:
        inputs = EvaluateInputs(self.predictions, self.cells, self.labels, **options)
        outputs = EvaluateOutputs(self.output)
        return evaluate.run(inputs, outputs, settings or EvaluateSettings(), QuietContext())


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    """With pictures that are quickly drawn: the true ones take longer than all the rest."""
    for name in ("draw_confusion", "draw_class_figures"):
        monkeypatch.setattr(evaluate, name, lambda *_: None)
    return Work(tmp_path)


def levels_of(report: StageReport) -> dict[str, dict]:
    return {f"{level['level']} {level['aggregation']}".strip(): level for level in report.details["levels"]}


def test_levels_and_their_decisions(work: Work) -> None:
    levels = levels_of(work.run())
    assert {name: level["count"] for name, level in levels.items()} == {
        "cell": 6,
        "image union": 3,
        "image mean": 3,
        "protein union": 2,
        "protein mean": 2,
    }
    found = {name: [row["found"] for row in level["classes"]] for name, level in levels.items()}
    assert found["cell"] == [4, 2, 1]
    assert found["image union"] == [2, 2, 1]
    assert found["image mean"] == [2, 1, 1]
    assert found["protein union"] == [1, 2, 1]
    assert found["protein mean"] == [1, 1, 1]
    true = {name: [row["true"] for row in level["classes"]] for name, level in levels.items()}
    assert true["cell"] == [5, 1, 2]
    assert true["image mean"] == [2, 1, 1]
    assert true["protein mean"] == [1, 1, 1]


def test_f1_of_cells_and_images_is_drawn(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {}
    monkeypatch.setattr(evaluate, "draw_class_figures", lambda path, levels, names: drawn.update(levels))
    levels = levels_of(work.run())
    assert list(drawn) == ["6 cells", "3 images, union of cells", "3 images, mean of cells"]
    for quality, level in zip(drawn.values(), ("cell", "image union", "image mean"), strict=True):
        assert quality.outcomes.f1.tolist() == [row["f1"] for row in levels[level]["classes"]]


def test_figures_by_hand(work: Work) -> None:
    levels = levels_of(work.run())
    nucleus, cytosol, golgi = levels["cell"]["classes"]
    assert (nucleus["name"], nucleus["precision"], nucleus["recall"]) == ("Nucleus", 1.0, 0.8)
    assert (cytosol["precision"], cytosol["recall"]) == (0.5, 1.0)
    assert (golgi["precision"], golgi["recall"]) == (1.0, 0.5)
    assert levels["image mean"]["summary"]["subset_accuracy"] == 1.0
    assert levels["image union"]["summary"]["subset_accuracy"] == pytest.approx(2 / 3)
    assert levels["cell"]["confusion"] == [[3, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_images_are_ranked_by_highest_and_by_mean_probability(work: Work) -> None:
    """Class 1: b (true) has 0.9, a at most 0.6 and c 0.3. Class 2: c (true) has a mean of 0.65, b 0.4."""
    levels = levels_of(work.run())
    assert [row["average_precision"] for row in levels["image mean"]["classes"]] == [1.0, 1.0, 1.0]
    assert levels["image union"]["summary"]["macro_roc_auc"] == 1.0


@pytest.mark.parametrize(("threshold", "called"), [(0.5, CALLED), (None, None)])
def test_a_threshold_in_place_of_called_classes(
    work: Work, threshold: float | None, called: list[str] | None
) -> None:
    work.called = called
    levels = levels_of(work.run(EvaluateSettings(threshold=threshold)))
    assert [row["found"] for row in levels["cell"]["classes"]] == [4, 2, 1]
    strict = levels_of(work.run(EvaluateSettings(threshold=0.85)))
    assert [row["found"] for row in strict["cell"]["classes"]] == [1, 1, 1]


def test_no_protein_level_without_proteins(work: Work) -> None:
    work.text = "ID,Label\na,0\nb,1\n"
    assert list(levels_of(work.run())) == ["cell", "image union", "image mean"]


def test_images_without_a_protein_are_left_out_of_proteins(work: Work) -> None:
    work.text = LABELS.replace(",Q", ",")
    levels = levels_of(work.run())
    assert levels["protein union"]["count"] == 1
    assert levels["image union"]["count"] == 3


def test_dropped_cells_are_left_out(work: Work) -> None:
    work.dropped[1] = "too small"
    assert levels_of(work.run())["cell"]["count"] == 5


def test_what_is_written(tmp_path: Path) -> None:
    work = Work(tmp_path)
    report = work.run()
    assert json.loads((work.output / "quality.json").read_text()) == report.details
    table = pd.read_csv(work.output / "quality.csv")
    assert len(table) == 5 * 3
    assert table.loc[0, ["level", "name", "recall"]].tolist() == ["cell", "Nucleus", 0.8]
    assert cv2.imread(str(work.output / "confusion.png")).std() > 5
    assert report.counts["cells"] == 6
    assert report.counts["proteins"] == 2


def test_classes_that_no_cell_has_are_null(work: Work) -> None:
    work.text = "ID,Label\na,0\nb,1\n"
    [*_, golgi] = levels_of(work.run())["cell"]["classes"]
    assert golgi["f1"] is None
    assert "NaN" not in (work.output / "quality.json").read_text()


def test_table_of_text(work: Work) -> None:
    lines = format_quality(work.run().details).splitlines()
    assert lines[1].split() == ["0", "Nucleus", "5", "4", "0.889", "1.000", "0.800", "0.967", "0.800"]
    assert [line[:14].strip() for line in lines[6:]] == [
        "cell",
        "image union",
        "image mean",
        "protein union",
        "protein mean",
    ]
    assert len({len(line) for line in lines[:4]}) == 1


def test_labels_of_the_training_are_warned_of(work: Work, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "hpacells"):
        assert work.run(trained_on=True).details["trained_on"] is True
    assert "too good" in caplog.text


def test_predictions_of_other_cells(work: Work) -> None:
    work.cells_of[4] = ("c", 9)
    with pytest.raises(InputError, match=r"predictions of 1 cells that .* lacks, first cell 1 of image c"):
        work.run()


def test_labels_of_other_images(work: Work) -> None:
    work.text = "ID,Label\nx,0\n"
    with pytest.raises(InputError, match="none of the 4 images has a label"):
        work.run()


def test_labels_of_other_classes(work: Work) -> None:
    work.text = "ID,Label\na,3\n"
    with pytest.raises(InputError, match=r"label '3' is not a class; expected class numbers 0\.\.2"):
        work.run()


def test_all_labelled_cells_dropped(work: Work) -> None:
    work.dropped[3] = "too dark"
    work.text = "ID,Label\nb,1\n"
    with pytest.raises(InputError, match="no cell of the labelled images is left"):
        work.run()


def test_no_predictions(work: Work) -> None:
    work.run()
    work.predictions.unlink()
    with pytest.raises(InputError, match=r"predictions.parquet: no such file.*hpacells predict"):
        work.evaluate()


@pytest.mark.parametrize("settings", [{"threshold": 1.1}, {"unknown": 1}])
def test_settings_that_cannot_be(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EvaluateSettings.model_validate(settings)


def test_proteins_keep_their_genes_and_antibodies(work: Work) -> None:
    work.text = "ID,Label,Antibody,Gene\na,0,HPA1,G1\nb,Cytosol,HPA2,G2\nc,0|2,HPA3,G1\n"
    work.run()
    table = pd.read_csv(work.output / "proteins.csv")
    fixed = ["protein", "Antibody", "Gene", "images", "cells", "true", "found_union", "found_mean"]
    assert list(table.columns) == [*fixed, *NAMES]
    assert table[fixed[:6]].values.tolist() == [
        ["G1", "HPA1;HPA3", "G1", 2, 5, "Nucleus|Golgi"],
        ["G2", "HPA2", "G2", 1, 1, "Cytosol"],
    ]
    first = (PROBABILITIES[:3].mean(axis=0) + PROBABILITIES[4:6].mean(axis=0)) / 2
    assert np.allclose(table.loc[0, list(NAMES)].to_numpy(float), first)


def test_without_proteins_their_table_is_empty(work: Work) -> None:
    work.text = "ID,Label\na,0\nb,1\nc,0|2\n"
    work.run()
    assert len(pd.read_csv(work.output / "proteins.csv")) == 0


@pytest.mark.parametrize("threshold", [0.5, None])
def test_how_tables_are_read_changes_nothing(
    work: Work, monkeypatch: pytest.MonkeyPatch, threshold: float | None
) -> None:
    """Image by image from tables in one order, all in one block of it, and as a whole from a mixed one."""
    whole = work.run(EvaluateSettings(threshold=threshold))
    proteins = (work.output / "proteins.csv").read_bytes()
    monkeypatch.setattr(cell_blocks, "BLOCK_ROWS", 1)
    assert work.evaluate(EvaluateSettings(threshold=threshold)).details == whole.details
    assert (work.output / "proteins.csv").read_bytes() == proteins
    cells = pd.read_parquet(work.cells)
    write_cells(work.cells, cells.sample(frac=1, random_state=1))
    assert work.evaluate(EvaluateSettings(threshold=threshold)).details == whole.details

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from data.labels.label_set import read_label_set
from stages.export.paths import ExportInputs, ExportOutputs
from stages.export.run import run
from stages.export.settings import ExportSettings
from tests.factories.context import QuietContext
from tests.factories.exported import Exported


def export(inputs: ExportInputs, path: Path, **settings: Any) -> pd.DataFrame:
    run(inputs, ExportOutputs(path), ExportSettings(format="subcellportable", **settings), QuietContext())
    return pd.read_csv(path, keep_default_na=False)


@pytest.fixture
def made(tmp_path: Path) -> Exported:
    return Exported(tmp_path, width=1536, label_set="subcell31")


def test_the_columns_and_numbers_of_the_program(made: Exported, tmp_path: Path) -> None:
    assert made.embedding is not None
    table = export(made.write(), tmp_path / "result.csv")
    leading = ["id", "top_class_name", "top_class", "top_3_classes_names", "top_3_classes"]
    probabilities = [f"prob{number:02d}" for number in range(31)]
    features = [f"feat{number:04d}" for number in range(1536)]
    assert list(table) == [*leading, *probabilities, *features]
    np.testing.assert_array_equal(table[probabilities].to_numpy(np.float32), made.probabilities)
    np.testing.assert_array_equal(table[features].to_numpy(np.float32), made.embedding)
    names, row = read_label_set("subcell31").names, table.iloc[4]
    top = sorted(range(31), key=lambda label: made.probabilities[4][label])[-3:][::-1]
    assert row["top_3_classes"] == ",".join(map(str, top))
    assert row["top_3_classes_names"] == ",".join(names[label] for label in top)
    assert (row["top_class"], row["top_class_name"]) == (top[0], names[top[0]])


def test_of_the_later_state_the_probabilities_are_a_softmax_of_sigmoids(
    made: Exported, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    table = export(made.write(), tmp_path / "result.csv", subcellportable="2025-11")
    found = table[[f"prob{number:02d}" for number in range(31)]].to_numpy()
    expected = torch.softmax(torch.from_numpy(made.probabilities), dim=-1).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert 0.012 <= found.min() <= found.max() <= 0.083


@pytest.mark.parametrize(("state", "top"), [("2024-10", "30,29,5"), ("2025-11", "4,5,29")])
def test_which_of_equal_classes_comes_first(made: Exported, tmp_path: Path, state: str, top: str) -> None:
    made.probabilities[0] = 0.1
    made.probabilities[0, [4, 5, 29, 30]] = 0.5
    row = export(made.write(), tmp_path / "result.csv", subcellportable=state).iloc[0]
    assert (row["top_3_classes"], row["top_class"]) == (top, 4)


def test_what_a_spreadsheet_would_run_is_escaped(made: Exported, tmp_path: Path) -> None:
    export(made.write(), tmp_path / "result.csv")
    with (tmp_path / "result.csv").open(newline="") as file:
        ids = [row[0] for row in csv.reader(file)]
    assert {name.rpartition("_")[0] for name in ids[1:]} == {"field_1", "NA", "'=2+5"}


def test_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "result.csv"
    for made, message in (
        (Exported(tmp_path), r"predictions of 19 classes .*expected those of the 31 classes of SubCell"),
        (Exported(tmp_path, width=0, label_set="subcell31"), "no embeddings.*predict.embedding=true"),
        (Exported(tmp_path, width=60, label_set="subcell31"), "embeddings of 60 numbers.*1536"),
    ):
        with pytest.raises(InputError, match=message):
            export(made.write(), path)
        assert not path.exists()

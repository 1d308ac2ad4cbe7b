"""SubCell from the command line, with stand-ins for the published weights."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from data.predictions.predictions_table import read_class_names, read_predictions
from models.weights.folder import FOLDER_VARIABLE
from tests.end_to_end.conftest import Run
from tests.factories.simulated_set import simulate_into
from tests.factories.subcell import write_published


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty store, removed at the end."""
    with TemporaryDirectory() as folder:
        monkeypatch.setenv(FOLDER_VARIABLE, folder)
        yield Path(folder)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["weights", "fetch", "subcell"], "expected dpn-unet, or one of subcell-rybg"),
        (
            ["weights", "fetch", "subcell-bg", "--training", "other"],
            "expected mae-contrast-supcon or vit-supcon",
        ),
        (["weights", "fetch", "subcell-bg", "--from", "{empty}"], "no encoder.pth"),
        (
            ["run", "{images}", "--work", "{work}", "--model", "subcell"],
            "run `hpacells weights fetch subcell-rybg`",
        ),
        (
            ["run", "{images}", "--work", "{work}", "--model", "subcell-bg-vit-supcon"],
            "run `hpacells weights fetch subcell-bg-vit-supcon`",
        ),
    ],
)
def test_what_is_missing_is_one_line_at_once(
    hpacells: Run, store: Path, simulated: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    places = {"empty": store, "images": simulated, "work": tmp_path / "work"}
    done = hpacells(*(argument.format(**places) for argument in arguments), status=2)
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list((tmp_path / "work").glob("*/*"))
    assert list(store.iterdir()) == []


@pytest.mark.slow
def test_images_to_probabilities_without_er(
    hpacells: Run,
    store: Path,
    shared: Path,
    tmp_path: Path,
) -> None:
    write_published(shared, store / "files", "rbg", 1)
    hpacells("weights", "fetch", "subcell-rbg", "--from", store / "files")
    simulate_into(tmp_path / "images", fields=1, size=512, seed=3)
    for path in (tmp_path / "images").glob("*_yellow.*"):
        path.unlink()
    work = tmp_path / "work"
    settings = ["segment.segmenter=classical", "predict.runtime=torch"]
    chosen = [part for setting in settings for part in ("--set", setting)]
    done = hpacells("run", tmp_path / "images", "--work", work, "--model", "subcell", *chosen)
    assert "subcell: subcell-rbg, which takes the channels red, blue, green" in done.stderr
    table = read_predictions(work / "predictions.parquet")
    names = read_class_names(work / "predictions.parquet")
    assert len(names) == 31
    assert names[-1] == "Negative"
    probabilities = table[[f"p_{number}" for number in range(31)]].to_numpy()
    assert len(table) > 0
    assert np.isfinite(probabilities).all()
    embedding = np.stack(table["embedding"].to_list())
    assert embedding.shape == (len(table), 1536)
    assert np.isfinite(embedding).all()
    assert len(list((work / "report/fields").glob("*_attention_*.jpg"))) == 1
    assert "The attention of the network is shown for" in (work / "report/index.html").read_text()

"""Fixed matches beside the scorer of whole submissions."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.ablate.fixed_matches import match_cells
from data.labels.label_set import HPA2021
from data.masks.rle import encode_mask
from data.predictions.prediction_string import choose_triples, format_prediction_string
from data.predictions.submission import SubmissionRow, read_submission, write_submission
from data.score.kaggle_map import score

SIZE = 40


def square(y: int, x: int, side: int = 8) -> str:
    mask = np.zeros((SIZE, SIZE), bool)
    mask[y : y + side, x : x + side] = True
    return encode_mask(mask)


@pytest.fixture
def world(tmp_path: Path, rng: np.random.Generator):
    """Three images of four cells each: right, shifted, two on one truth cell, and one of no truth."""
    places = [(0, 0), (0, 20), (20, 0), (20, 20)]
    truth, rows, masks = [], [], []
    for number in range(3):
        cells = []
        for place in places[:3]:
            labels = rng.choice(19, 2, replace=False)
            cells += [f"{label} 1 {square(*place)}" for label in labels]
        truth.append(SubmissionRow(f"i{number}", SIZE, SIZE, " ".join(cells)))
        found = [square(0, 0), square(0, 21), square(20, 0), square(20, 1), square(20, 20)]
        masks += found
        rows += [(f"i{number}", SIZE, SIZE)] * len(found)
    write_submission(tmp_path / "truth.csv", truth)
    table = pd.DataFrame(rows, columns=["image_id", "image_height", "image_width"])
    return tmp_path, table, masks


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


def write(path: Path, table: pd.DataFrame, masks: list[str], values: np.ndarray, least: float) -> Path:
    rows = []
    for image_id, inside in table.groupby("image_id").indices.items():
        triples = choose_triples([masks[row] for row in inside], values[inside], least)
        rows.append(SubmissionRow(str(image_id), SIZE, SIZE, format_prediction_string(triples)))
    write_submission(path, rows)
    return path


@pytest.mark.parametrize("least", [0.0, 0.5])
def test_the_scorer_finds_the_same(world, rng: np.random.Generator, least: float) -> None:
    folder, table, masks = world
    truth = read_submission(folder / "truth.csv")
    matches = match_cells(table, masks, truth, HPA2021, 0.6)
    for _ in range(10):
        values = rng.random((len(table), 19)).round(6)
        found = matches.average_precisions(values, values >= least)
        expected = score(write(folder / "s.csv", table, masks, values, least), truth)
        assert np.nanmean(found) == pytest.approx(expected.map)
        given = [np.nan if value is None else value for value in expected.average_precision]
        np.testing.assert_allclose(found, given)


def test_an_image_that_counts_twice_is_there_twice(world, rng: np.random.Generator) -> None:
    folder, table, masks = world
    truth = read_submission(folder / "truth.csv")
    matches = match_cells(table, masks, truth, HPA2021, 0.6)
    values = rng.random((len(table), 19))
    found = matches.average_precisions(values, values >= 0, np.array([0, 1, 2]))
    rows = {row.image_id: row for row in truth.images.itertuples()}
    kept, again = table["image_id"] != "i0", table["image_id"] == "i2"
    repeated = pd.concat([table[kept], table[again].assign(image_id="i3")], ignore_index=True)
    chosen = [*np.flatnonzero(kept), *np.flatnonzero(again)]
    lines = (folder / "truth.csv").read_text().splitlines()
    twice = [lines[0], *lines[2:], lines[3].replace("i2", "i3")]
    (folder / "twice.csv").write_text("\n".join(twice) + "\n")
    assert len(rows) == 3
    path = write(folder / "s.csv", repeated, [masks[row] for row in chosen], values[chosen], 0)
    expected = score(path, folder / "twice.csv")
    given = [np.nan if value is None else value for value in expected.average_precision]
    np.testing.assert_allclose(found, given, atol=1e-9)


def test_images_that_the_truth_lacks_count_nothing(world) -> None:
    folder, table, masks = world
    lines = (folder / "truth.csv").read_text().splitlines()
    (folder / "less.csv").write_text("\n".join(lines[:2]) + "\n")
    truth = read_submission(folder / "less.csv")
    matches = match_cells(table, masks, truth, HPA2021, 0.6)
    values = np.linspace(0, 1, len(table) * 19).reshape(-1, 19)
    expected = score(write(folder / "s.csv", table, masks, values, 0), truth)
    assert np.nanmean(matches.average_precisions(values, values >= 0)) == pytest.approx(expected.map)

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from data.cells.cells_table import measure_cells, write_cells
from data.errors import InputError
from data.fields.images_table import write_images
from data.labels.label_set import read_label_set
from data.masks.rle import decode_mask
from data.predictions.predictions_table import write_predictions
from data.predictions.submission import read_rows, read_submission
from stages.combine.paths import CombineInputs, CombineOutputs
from stages.combine.run import run
from stages.combine.settings import CombineSettings
from stages.stage import StageReport
from tests.factories.context import QuietContext


class Work:
    """Three images: two cells, none, and two more; every probability is 0 where a test does not set it."""

    def __init__(self, folder: Path) -> None:
        self.cells, self.predictions = folder / "cells.parquet", folder / "predictions.parquet"
        self.images, self.output = folder / "images.parquet", folder / "submission.csv"
        self.labels = {
            name: np.kron(cells, np.ones((4, 5), np.uint16))
            for name, cells in (("m", [[1, 0], [2, 2]]), ("none", [[0]]), ("a", [[2, 1]]))
        }
        parts = [measure_cells(name, labels, labels) for name, labels in self.labels.items()]
        self.table = pd.concat(parts, ignore_index=True)
        self.keys = list(zip(self.table["image_id"], self.table["cell_id"], strict=True))
        self.probabilities = np.zeros((len(self.keys), 19))
        self.class_names: tuple[str, ...] | None = None
        self.context = QuietContext()

    def write(self) -> None:
        write_cells(self.cells, self.table)
        image_id, cell_id = zip(*self.keys, strict=True)
        numbers = np.array(cell_id)
        write_predictions(
            self.predictions, image_id, numbers, self.probabilities, class_names=self.class_names
        )
        sizes = [(name, *labels.shape, int(labels.max())) for name, labels in self.labels.items()]
        write_images(
            self.images, pd.DataFrame(sizes, columns=["image_id", "image_height", "image_width", "cells"])
        )

    def combine(self, images: bool = True, **settings: Any) -> StageReport:
        self.write()
        return self.run(images, **settings)

    def run(self, images: bool = True, **settings: Any) -> StageReport:
        inputs = CombineInputs(self.cells, self.predictions, self.images if images else None)
        return run(inputs, CombineOutputs(self.output), CombineSettings(**settings), self.context)


def _unpack_zstd(packed: bytes) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
        return stream.read()


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


def test_triples_bear_the_mask_of_their_own_cell(work: Work) -> None:
    # Each cell gets a class of its own, and the predictions stand in another order than the cells.
    for row, _ in enumerate(work.keys):
        work.probabilities[row, row + 3] = 0.9 - row / 10
    order = [2, 0, 3, 1]
    work.keys = [work.keys[row] for row in order]
    work.probabilities = work.probabilities[order]
    work.combine()
    read = read_submission(work.output)
    found = {}
    for triple in read.triples.itertuples():
        image_id = read.images["image_id"].iloc[triple.image]
        found[triple.label] = image_id, decode_mask(read.masks[triple.mask], *work.labels[image_id].shape)
    assert sorted(found) == [3, 4, 5, 6]
    for row, (image_id, cell_id) in enumerate(
        zip(work.table["image_id"], work.table["cell_id"], strict=True)
    ):
        assert found[row + 3][0] == image_id
        assert np.array_equal(found[row + 3][1], work.labels[image_id] == cell_id)


def test_any_number_of_classes(work: Work) -> None:
    work.write()
    image_id, cell_id = zip(*work.keys, strict=True)
    names = ["left", "right"]
    write_predictions(
        work.predictions, image_id, np.array(cell_id), np.tile([0.5, 0.25], (4, 1)), class_names=names
    )
    report = work.run()
    assert report.counts["triples"] == 8
    assert report.details["class_names"] == names
    assert sorted(read_submission(work.output).triples["label"]) == [0] * 4 + [1] * 4


def test_rows_sizes_order_and_digits(work: Work) -> None:
    work.probabilities[0, [4, 18]] = 0.25, 0.123456789
    work.probabilities[1, 7] = 0.5
    work.probabilities[3, 2] = 0.0099
    report = work.combine()
    rows = list(read_rows(work.output))
    assert [row[:3] for row in rows] == [("m", 10, 8), ("none", 5, 4), ("a", 10, 4)]
    first, second = work.table["rle"][:2]
    assert rows[0].prediction_string == f"7 0.5 {second} 4 0.25 {first} 18 0.123457 {first}"
    assert [row.prediction_string for row in rows[1:]] == ["", ""]
    assert report.counts == {
        "images": 3,
        "cells": 4,
        "dropped": 0,
        "triples": 3,
        "cells without a triple": 2,
    }
    assert work.context.descriptions == ["survey", "count", "combine"]
    # Only the last pass sees the image without cells.
    assert (work.context.total, work.context.done) == (3, 2 + 2 + 3)


def test_dropped_cells_are_left_out_and_need_no_prediction(work: Work) -> None:
    work.probabilities[:, 0] = 0.5
    work.table.loc[[0, 2, 3], "dropped"] = "too small"
    work.keys, work.probabilities = work.keys[:3], work.probabilities[:3]
    report = work.combine()
    rows = {row.image_id: row.prediction_string for row in read_rows(work.output)}
    assert rows == {"m": f"0 0.5 {work.table['rle'][1]}", "none": "", "a": ""}
    assert (report.counts["cells"], report.counts["dropped"]) == (1, 3)


def test_all_classes_on_demand(work: Work) -> None:
    work.combine(min_confidence=0)
    assert len(read_submission(work.output).triples) == 4 * 19


def test_without_an_images_table_only_images_with_cells_have_rows(work: Work) -> None:
    work.table.loc[2:, "dropped"] = "too dark"
    work.combine(images=False)
    assert [row[:3] for row in read_rows(work.output)] == [("a", 10, 4), ("m", 10, 8)]


def test_a_prediction_is_missing(work: Work) -> None:
    del work.keys[2]
    work.probabilities = work.probabilities[:3]
    with pytest.raises(
        InputError, match=r"predictions\.parquet: no prediction of 1 cells .*cell 1 of image a"
    ):
        work.combine()
    assert not work.output.exists()


def test_a_prediction_of_an_unknown_cell(work: Work) -> None:
    work.keys[2:] = [("a", 1), ("a", 9)]
    with pytest.raises(InputError, match=r"predictions of 1 cells that .*first cell 9 of image a"):
        work.combine()


def test_a_cell_with_two_rows(work: Work) -> None:
    work.table["cell_id"] = [1, 1, 1, 2]
    with pytest.raises(InputError, match=r"cells\.parquet: cell 1 of image m has two rows"):
        work.combine()


def test_an_image_that_the_images_table_lacks(work: Work) -> None:
    del work.labels["a"]
    with pytest.raises(InputError, match=r"images\.parquet: no image a"):
        work.combine()


def test_missing_tables(work: Work) -> None:
    work.write()
    for path in (work.cells, work.predictions, work.images):
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(InputError, match=path.name):
            work.run()
        path.write_bytes(content)


def test_the_most_probable_classes_of_each_cell(work: Work) -> None:
    work.probabilities[0, [4, 18, 7, 2]] = 0.25, 0.5, 0.25, 0.125
    work.probabilities[1, 7] = 0.75
    every = work.combine()
    report = work.run(max_classes=2)
    first, second = work.table["rle"][:2]
    row = next(iter(read_rows(work.output)))
    # Of equals the first class, and the order stays.
    assert row.prediction_string == f"7 0.75 {second} 18 0.5 {first} 4 0.25 {first}"
    assert (every.counts["triples"], report.counts["triples"]) == (5, 3)
    assert work.run(max_classes=19).counts == every.counts


@pytest.mark.parametrize(("suffix", "unpack"), [(".gz", gzip.decompress), (".zst", _unpack_zstd)])
def test_a_compressed_submission(work: Work, suffix: str, unpack: Callable[[bytes], bytes]) -> None:
    work.probabilities[:] = np.random.default_rng(0).random(work.probabilities.shape)
    work.combine()
    plain = work.output
    work.output = plain.with_name(plain.name + suffix)
    work.run()
    packed = work.output.read_bytes()
    assert unpack(packed) == plain.read_bytes()
    assert len(packed) < plain.stat().st_size / 3
    assert read_submission(work.output).triples.equals(read_submission(plain).triples)
    work.run()
    assert work.output.read_bytes() == packed
    work.output.write_bytes(packed[:-40])
    with pytest.raises(InputError, match=f"{suffix}: cannot be read as a table"):
        read_submission(work.output)


def test_a_submission_that_does_not_fit_is_not_begun(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.probabilities[:] = 0.5
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(InputError, match="to write, and 0.0 GB free on the disk; expected room"):
        work.combine()
    assert not work.output.exists()
    work.output = work.output.with_name("submission.csv.zst")
    work.run()


def test_masks_of_cells_in_any_order(work: Work) -> None:
    work.table = work.table.iloc[[2, 0, 3, 1]].reset_index(drop=True)
    work.probabilities[:, 0] = 0.5
    work.combine()
    rows = {row.image_id: row.prediction_string for row in read_rows(work.output)}
    masks = work.table.sort_values(["image_id", "cell_id"]).groupby("image_id")["rle"].agg(list)
    assert rows["m"] == f"0 0.5 {masks['m'][0]} 0 0.5 {masks['m'][1]}"
    assert rows["a"] == f"0 0.5 {masks['a'][0]} 0 0.5 {masks['a'][1]}"


def test_predicted_classes_are_merged_into_those_of_another_set(
    work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    names = read_label_set("subcell31").names
    work.probabilities = np.zeros((len(work.keys), 31))
    for name, probability in {"Vesicles": 0.3, "Lysosomes": 0.8, "Midbody": 0.9, "Negative": 0.1}.items():
        work.probabilities[0, names.index(name)] = probability
    work.class_names = names
    work.write()
    with caplog.at_level("INFO", "hpacells"):
        report = work.run(label_set="hpa2021")
    triples = read_submission(work.output).triples
    assert triples[["label", "confidence"]].values.tolist() == [[17, 0.8], [18, 0.1]]
    merged = report.details["merged"]
    assert merged["without a place"] == ["Cytokinetic bridge", "Midbody", "Mitotic chromosome"]
    assert merged["members"]["Centrosome"] == ["Centriolar satellite", "Centrosome"]
    assert report.details["class_names"] == list(read_label_set("hpa2021").names)
    assert "has none such: Cytokinetic bridge, Midbody, Mitotic chromosome" in caplog.text
    own = work.run(min_confidence=0)
    assert (own.details["class_names"], "merged" in own.details) == (list(names), False)
    assert read_submission(work.output, read_label_set("subcell31")).triples["label"].max() == 30


def test_the_classes_that_were_predicted_are_merged_into_no_others(work: Work) -> None:
    work.probabilities[:, 3] = 0.5
    report = work.combine(label_set="hpa2021")
    assert "merged" not in report.details
    assert set(read_submission(work.output).triples["label"]) == {3}


def test_rules_of_the_negative_class_take_that_of_the_label_set(work: Work, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('names = ["Nucleus", "Unstained"]\nnegative = "Unstained"\n')
    work.probabilities = np.full((len(work.keys), 2), [0.75, 0.5])
    work.class_names = ("Nucleus", "Unstained")
    rules = {"rules": {"negative": {"confidence": "product"}}}
    work.combine(label_set=str(path), **rules)
    triples = read_submission(work.output, read_label_set(path)).triples
    assert set(map(tuple, triples[["label", "confidence"]].values)) == {(0, 0.75), (1, 0.25)}
    with pytest.raises(InputError, match="no class Negative .* combine.rules.negative.name"):
        work.combine(**rules)

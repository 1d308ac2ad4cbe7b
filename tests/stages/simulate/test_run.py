import errno

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from data.fields.image_folder import find_fields
from data.labels.label_file import NEGATIVE, read_labels
from data.masks.label_image import read_label_image
from data.masks.rle import decode_mask
from data.predictions.submission import read_submission
from stages.simulate.settings import SimulateSettings
from stages.stage import StageReport
from tests.factories.simulated_set import simulate_into

SMALL = {"size": 160, "seed": 4}


def simulate(out, **settings) -> StageReport:
    return simulate_into(out, **(SMALL | settings))


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_writes_fields_labels_truth_and_masks(tmp_path):
    report = simulate(tmp_path, fields=3)
    fields = find_fields(tmp_path)
    assert [field.image_id for field in fields] == ["sim-4-00001", "sim-4-00002", "sim-4-00003"]
    assert fields[0].read().shape == (4, 160, 160)
    assert fields[0].read().dtype == np.uint8
    labels = read_labels(tmp_path / "train.csv")
    assert list(labels) == [field.image_id for field in fields]
    cells = sum(read_label_image(path).max() for path in (tmp_path / "masks").glob("*_cells.png"))
    assert report.counts["fields"] == 3
    assert report.counts["cells"] == cells
    assert not report.failures


def test_truth_holds_every_cell_with_its_classes(tmp_path):
    simulate(tmp_path, fields=4, size=[200, 260], negative_cells=0.5)
    truth = read_submission(tmp_path / "truth.csv")
    labels = read_labels(tmp_path / "train.csv")
    assert truth.images["image_id"].tolist() == list(labels)
    assert set(truth.images["width"]) == {260}
    assert set(truth.images["height"]) == {200}
    assert set(truth.triples["confidence"]) == {1.0}
    for row, image_id in enumerate(labels):
        triples = truth.triples[truth.triples["image"] == row]
        shown = set(triples["label"]) - {NEGATIVE}
        assert labels[image_id] == (tuple(sorted(shown)) or (NEGATIVE,))
        cells = read_label_image(tmp_path / "masks" / f"{image_id}_cells.png")
        decoded = np.zeros_like(cells)
        for number, mask in enumerate(dict.fromkeys(triples["mask"]), start=1):
            decoded[decode_mask(truth.masks[mask], 200, 260)] = number
        assert np.array_equal(decoded, cells)


def test_same_settings_give_the_same_bytes(tmp_path):
    simulate(tmp_path / "first", fields=2)
    simulate(tmp_path / "second", fields=2)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_a_field_does_not_depend_on_how_many_there_are(tmp_path):
    simulate(tmp_path / "three", fields=3)
    simulate(tmp_path / "five", fields=5)
    three, five = contents(tmp_path / "three"), contents(tmp_path / "five")
    pictures = {name: data for name, data in three.items() if name.endswith(".png")}
    assert len(pictures) == 3 * 6
    assert pictures.items() <= five.items()
    rows = three["truth.csv"].splitlines()
    assert rows == five["truth.csv"].splitlines()[: len(rows)]


def test_another_seed_gives_other_fields_under_other_names(tmp_path):
    simulate(tmp_path / "a", fields=1, seed=1)
    simulate(tmp_path / "b", fields=1, seed=2)
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert {name for name in a if name.endswith(".png")}.isdisjoint(b)
    assert a["sim-1-00001_red.png"] != b["sim-2-00001_red.png"]


def test_fields_of_an_earlier_run_go_and_other_files_stay(tmp_path):
    simulate(tmp_path, fields=3)
    (tmp_path / "sim-mine_red.png").write_bytes(b"mine")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "masks" / ".sim-9-00001_cells.0a1b2c3d.png").write_bytes(b"half of a picture by a killed run")
    simulate(tmp_path, fields=1, seed=9)
    left = {path.name for path in tmp_path.rglob("*.png")}
    assert [path.name for path in tmp_path.rglob("*.json")] == ["sim-9-00001.json"]
    channels = ("red", "green", "blue", "yellow", "cells", "nuclei")
    assert left == {f"sim-9-00001_{what}.png" for what in channels} | {"sim-mine_red.png"}
    assert (tmp_path / "notes.txt").exists()
    assert list(read_labels(tmp_path / "train.csv")) == ["sim-9-00001"]


def test_single_label_fields_alone_cover_all_classes(tmp_path):
    report = simulate(tmp_path, fields=19, single_fraction=1.0, size=130)
    labels = read_labels(tmp_path / "train.csv")
    assert sorted(labels.values()) == [(label,) for label in range(19)]
    assert report.counts["classes"] == 19


def test_a_field_that_fails_is_told_and_the_others_are_done(tmp_path, monkeypatch):
    encode = cv2.imencode

    def fail_once(kind, picture, *options):
        if picture.dtype == np.uint8 and not made:
            made.append(1)
            raise OSError(errno.ENOSPC, "disk full")
        return encode(kind, picture, *options)

    made: list[int] = []
    monkeypatch.setattr(cv2, "imencode", fail_once)
    report = simulate(tmp_path, fields=2)
    assert [(failure.where, failure.why) for failure in report.failures] == [
        ("sim-4-00001", "[Errno 28] disk full")
    ]
    assert list(read_labels(tmp_path / "train.csv")) == ["sim-4-00002"]
    assert report.counts["fields"] == 1


def test_finished_fields_are_not_simulated_again(tmp_path):
    first = simulate(tmp_path, fields=3)
    whole = contents(tmp_path)
    (tmp_path / "train.csv").unlink()
    (tmp_path / "records" / "sim-4-00001.json").write_text('{"key": "half')
    (tmp_path / "sim-4-00003_blue.png").write_bytes(b"half")
    again = simulate(tmp_path, fields=3)
    assert (first.details["simulated"], again.details["simulated"]) == (3, 2)
    assert contents(tmp_path) == whole
    assert again.details["fields"] == first.details["fields"]
    assert simulate(tmp_path, fields=5).details["simulated"] == 2
    assert simulate(tmp_path, fields=5, mitotic_fraction=0.2).details["simulated"] == 5


def test_details_tell_antibody_line_and_hashes_of_every_field(tmp_path):
    report = simulate(tmp_path, fields=4, labels="kaggle", fields_per_antibody=2, wrong_labels=1.0)
    fields = report.details["fields"]
    assert [field["antibody"] for field in fields.values()] == [0, 0, 1, 1]
    assert len({field["truth"] for field in fields.values()}) == 4
    assert len({field["pixels"] for field in fields.values()}) == 4
    right = simulate(tmp_path / "right", fields=4, labels="kaggle", fields_per_antibody=2)
    for image_id, field in right.details["fields"].items():
        assert field["pixels"] == fields[image_id]["pixels"]
        assert field["truth"] != fields[image_id]["truth"]
    wrong_labels, labels = read_labels(tmp_path / "train.csv"), read_labels(tmp_path / "right" / "train.csv")
    assert all(labels[image_id] != wrong_labels[image_id] for image_id in labels)
    assert (tmp_path / "truth.csv").read_bytes() == (tmp_path / "right" / "truth.csv").read_bytes()


def test_sizes_are_drawn_by_their_shares(tmp_path):
    settings = SimulateSettings(sizes={1728: 68, 2048: 462, 3072: 29})
    drawn = [settings.shape(index)[0] for index in range(3000)]
    assert drawn.count(2048) / 3000 == pytest.approx(462 / 559, abs=0.03)
    assert drawn.count(3072) / 3000 == pytest.approx(29 / 559, abs=0.02)
    simulate(tmp_path, fields=6, sizes={"130": 1, "160": 1})
    truth = read_submission(tmp_path / "truth.csv").images
    assert set(truth["width"]) == {130, 160}
    sides = {field.image_id: field.read().shape[1:] for field in find_fields(tmp_path)}
    for row in truth.itertuples():
        assert sides[row.image_id] == (row.height, row.width)


def test_pictures_of_sixteen_bits(tmp_path):
    simulate(tmp_path, fields=1, optics={"bits": 16})
    image = find_fields(tmp_path)[0].read()
    assert image.dtype == np.uint16
    assert image[2].max() > 10_000
    assert len(np.unique(image[2])) > 1000


def test_only_the_cell_lines_asked_for_are_shown(tmp_path):
    report = simulate(tmp_path, fields=4, cell_lines=["spindly", "small"])
    lines = [field["cell_line"] for field in report.details["fields"].values()]
    assert sorted(lines) == ["small", "small", "spindly", "spindly"]
    with pytest.raises(ValidationError, match="no cell line is named 'HeLa'; there are .*spindly"):
        SimulateSettings.model_validate({"cell_lines": ["HeLa"]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields": 0},
        {"size": 100},
        {"size": [1024, 60]},
        {"size": 1024, "pixel_size_um": 0.005},
        {"seed": -1},
        {"single_fraction": 1.2},
        {"mitotic_fraction": 0.0},
        {"cells": 3},
        {"sizes": {60: 1.0}},
        {"sizes": {512: 0.0}},
        {"labels": "kagle"},
        {"wrong_labels": 2},
        {"optics": {"bits": 12}},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValidationError):
        SimulateSettings.model_validate(SMALL | wrong)

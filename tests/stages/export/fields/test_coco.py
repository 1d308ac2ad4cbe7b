"""Fields of unusual make as COCO's files, evaluated by pycocotools."""

import json
import logging
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from data.errors import InputError
from data.fields.field import Field
from data.labels.label_file import write_labels
from stages.export.fields.coco import write_coco
from stages.export.settings import ExportSettings
from tests.factories.context import QuietContext
from tests.factories.exports.unusual_fields import CROWD, EMPTY, NAMES, ODD, PLAIN, UnusualFields

SETTINGS = ExportSettings(format="coco")


def evaluate(folder: Path) -> np.ndarray:
    """Return COCO's statistics; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        truth = COCO(str(folder / "annotations.json"))
        evaluation = COCOeval(truth, truth.loadRes(str(folder / "results.json")), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return np.asarray(evaluation.stats)


def test_predictions_have_ap_1_by_the_classes_that_they_call(tmp_path: Path) -> None:
    made = UnusualFields(tmp_path)
    report = write_coco(made.write(), tmp_path, SETTINGS, QuietContext())
    assert report.counts["fields"] == 4
    assert report.counts["left out"] == 2
    stats = evaluate(tmp_path)
    assert stats[:2] == pytest.approx(1)
    assert report.counts["annotations"] == np.count_nonzero(made.probabilities >= 0.5)
    # The one of which every class is improbable has its likeliest.
    assert report.counts["results"] == np.count_nonzero(made.probabilities >= 0.01) + 1


def test_entries(tmp_path: Path) -> None:
    made = UnusualFields(tmp_path)
    write_coco(made.write(), tmp_path, SETTINGS, QuietContext())
    content = json.loads((tmp_path / "annotations.json").read_text())
    assert [category["id"] for category in content["categories"]] == list(range(1, 20))
    assert [category["name"] for category in content["categories"]] == list(NAMES)
    images = {image["id"]: image for image in content["images"]}
    assert sorted(images) == [1, 2, 3, 4]
    for image in images.values():
        height, width = made.labels[image["name"]][0].shape
        assert (image["width"], image["height"]) == (width, height)
        assert (made.images / image["file_name"]).is_file()
        assert image["file_name"] == f"{image['name']}_green.png"
    assert [each["id"] for each in content["annotations"]] == list(range(1, len(content["annotations"]) + 1))
    for each in content["annotations"]:
        cells = made.labels[images[each["image_id"]]["name"]][1]
        mask = coco_masks.decode(each["segmentation"])
        np.testing.assert_array_equal(mask, cells == each["cell_id"])
        assert each["area"] == mask.sum()
        assert each["bbox"] == coco_masks.toBbox(each["segmentation"]).tolist()
        assert each["iscrowd"] == 0
    results = json.loads((tmp_path / "results.json").read_text())
    assert all(set(each) >= {"image_id", "category_id", "segmentation", "score"} for each in results)
    assert not any("bbox" in each for each in results)
    assert min(each["score"] for each in results) < 0.01


def test_labels_of_the_images_annotate_their_cells(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hpacells")
    made = UnusualFields(tmp_path)
    write_labels(tmp_path / "labels.csv", {ODD: [3], CROWD: [0, 18], EMPTY: [2]})
    inputs = replace(made.write(), labels_path=tmp_path / "labels.csv")
    report = write_coco(inputs, tmp_path, SETTINGS, QuietContext())
    assert report.counts["fields"] == 3
    assert report.counts["annotations"] == 5 + 2 * 299
    assert f"1 fields without labels, such as {PLAIN}, are left out" in caplog.text
    assert 0 <= evaluate(tmp_path)[0] < 1
    everything = SETTINGS.model_copy(update={"unpredicted": True})
    assert write_coco(inputs, tmp_path, everything, QuietContext()).counts["annotations"] == 6 + 2 * 300


def test_labels_of_other_classes(tmp_path: Path) -> None:
    inputs = UnusualFields(tmp_path).write()
    labels = tmp_path / "labels.csv"
    inputs = replace(inputs, labels_path=labels)
    settings = SETTINGS.model_copy(update={"label_set": "subcell31"})
    write_labels(labels, {ODD: ["Mitochondria"]}, None)
    assert write_coco(inputs, tmp_path, settings, QuietContext()).counts["annotations"] == 5
    content = json.loads((tmp_path / "annotations.json").read_text())
    assert {each["category_id"] for each in content["annotations"]} == {1 + NAMES.index("Mitochondria")}
    write_labels(labels, {ODD: ["Lysosomes"]}, None)
    with pytest.raises(InputError, match="labels Lysosomes, which are none of the predicted classes"):
        write_coco(inputs, tmp_path, settings, QuietContext())


def test_a_field_without_a_picture_is_left_out_and_told(tmp_path: Path) -> None:
    made = UnusualFields(tmp_path)
    gone = Field(CROWD, {}, fault=InputError(found="no image", where=CROWD))
    inputs = replace(made.write(), fields=[made.fields[0], gone, *made.fields[2:]])
    report = write_coco(inputs, tmp_path, SETTINGS, QuietContext())
    assert [failure.where for failure in report.failures] == [CROWD]
    assert report.counts["fields"] == 3
    assert evaluate(tmp_path)[0] == pytest.approx(1)


def test_more_cells_of_a_class_than_coco_looks_at(tmp_path: Path) -> None:
    made = UnusualFields(tmp_path)
    made.probabilities[:] = 0
    made.probabilities[:, 4] = np.linspace(0.6, 0.9, len(made.order))
    write_coco(made.write(), tmp_path, SETTINGS, QuietContext())
    assert evaluate(tmp_path)[0] < 0.5
    truth = COCO(str(tmp_path / "annotations.json"))
    evaluation = COCOeval(truth, truth.loadRes(str(tmp_path / "results.json")), "segm")
    evaluation.params.maxDets = [1, 10, 1000]
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, -1]
    assert precision[precision > -1].mean() == pytest.approx(1)

import json
from pathlib import Path

import numpy as np
from pycocotools import mask as coco_masks

from data.export.fields.coco import describe_mask, open_annotations, open_results
from data.masks.rle import encode_label_image


def test_files_are_json_whatever_their_length(tmp_path: Path) -> None:
    for count in range(3):
        with open_annotations(
            tmp_path / "a.json", {"description": "é"}, iter([{"id": 1}] * count), ["A", "B"]
        ) as entries:
            for number in range(count):
                entries.add({"id": number + 1})
        assert entries.count == count
        assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {
            "info": {"description": "é"},
            "licenses": [],
            "images": [{"id": 1}] * count,
            "categories": [
                {"id": 1, "name": "A", "supercategory": "protein"},
                {"id": 2, "name": "B", "supercategory": "protein"},
            ],
            "annotations": [{"id": number + 1} for number in range(count)],
        }
        with open_results(tmp_path / "r.json") as entries:
            for number in range(count):
                entries.add({"score": number})
        assert json.loads((tmp_path / "r.json").read_text()) == [{"score": n} for n in range(count)]


def test_masks_are_those_of_pycocotools() -> None:
    labels = np.random.default_rng(0).integers(0, 4, (31, 17)).astype(np.uint16)
    for number, string in enumerate(encode_label_image(labels), 1):
        described = describe_mask(string, 31, 17)
        assert isinstance(described["counts"], str)
        expected = coco_masks.encode(np.asfortranarray(labels == number).astype(np.uint8))
        assert described == {"size": expected["size"], "counts": expected["counts"].decode()}
        np.testing.assert_array_equal(coco_masks.decode(described), labels == number)

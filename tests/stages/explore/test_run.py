import json
import shutil
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.atomic import FILE_LIST
from data.cells.cells_table import write_cells
from data.channels import CHANNELS
from data.errors import InputError
from data.fields.image_folder import find_fields
from data.fields.images_table import write_images
from pipeline.engines.local import LocalEngine
from stages.explore.paths import ExploreInputs, ExploreOutputs
from stages.explore.run import format_exploration, run
from stages.explore.settings import ExploreSettings
from tests.factories.cells_table import make_cells_table

ENGINE = LocalEngine(workers=2)
ROWS = {"a": "0|2", "b": "2", "c": "0|2|1", "d": "1", "far": "4"}
LABEL_PLOTS = {"classes", "labels_per_image", "co_occurrence", "correlation", "combinations"}


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Labels of five images, of five classes, which are fewer than usual so that pictures are drawn soon."""
    names = ["Nucleoplasm", "Nuclear bodies", "Cytosol", "Aggresome", "Negative"]
    (tmp_path / "few.toml").write_text(f'names = {names}\nnegative = "Negative"\n')
    path = tmp_path / "train.csv"
    path.write_text("ID,Label\n" + "".join(f"{image},{text}\n" for image, text in ROWS.items()))
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Four of the five labelled fields, and one without a label."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for image_id in ("a", "b", "c", "d", "strange"):
        for channel in CHANNELS:
            plane = rng.integers(0, 200, (64, 80), dtype=np.uint8)
            cv2.imwrite(str(folder / f"{image_id}_{channel}.png"), plane)
    return folder


def small(tmp_path: Path, **settings: object) -> ExploreSettings:
    few = {"picture_size": 64, "label_set": str(tmp_path / "few.toml")}
    return ExploreSettings.model_validate(few | settings)


def explore(inputs: ExploreInputs, tmp_path: Path, **settings: object) -> tuple[dict, Path]:
    chosen = small(tmp_path, **settings)
    output = tmp_path / "work/explore"
    report = run(inputs, ExploreOutputs(output), chosen, ENGINE)
    written = json.loads((output / "summary.json").read_text())
    assert written == json.loads(json.dumps(report.details))
    page = (output / "index.html").read_text()
    for path in output.iterdir():
        # Each file is shown or linked, and nothing lies outside the folder.
        assert path.name in page or path.name in ("index.html", "summary.json", FILE_LIST)
    assert 'src="/' not in page
    assert "http" not in page
    return written, output


def test_labels_alone(labels: Path, tmp_path: Path) -> None:
    details, output = explore(ExploreInputs(labels), tmp_path)
    assert {path.stem for path in output.glob("*.png")} == LABEL_PLOTS
    counted = {row["label"]: row["images"] for row in details["classes"]}
    expected = Counter(int(label) for text in ROWS.values() for label in text.split("|"))
    assert {label: count for label, count in counted.items() if count} == expected
    assert len(counted) == 5
    assert details["commonest_pair"] == {"labels": [0, 2], "images": 2}
    assert details["combinations"] == {"count": 5, "of_one_image": 5}
    assert details["labels_per_image"] == [
        {"labels": 1, "images": 3},
        {"labels": 2, "images": 1},
        {"labels": 3, "images": 1},
    ]
    pairs = pd.read_csv(output / "co_occurrence.csv", index_col="name")
    assert pairs.loc["Cytosol", "Nuclear bodies"] == 1
    told = format_exploration(details)
    assert "0 Nucleoplasm and 2 Cytosol, on 2 images" in told
    assert "most 2 Cytosol (3), fewest 4 Negative (1)" in told
    assert "classes without images  3 Aggresome" in told
    assert "No folder of images was given" in told
    assert "explore.repeat.min_cells_per_class" in told


def test_images_of_some_labels(labels: Path, images: Path, tmp_path: Path) -> None:
    details, output = explore(ExploreInputs(labels, find_fields(images)), tmp_path, samples=2)
    assert {path.stem for path in output.glob("*.png")} == LABEL_PLOTS | {"channels", "one_a_class"}
    # Two samples, the first and the last, and one image alone of class 1 and of 2.
    assert details["shown"] == ["a", "b", "d"]
    assert details["images_at_hand"] == 4
    assert details["images"] == 5
    assert "4 of the 5 labelled ones; without a label: 1" in format_exploration(details)
    page = (output / "index.html").read_text()
    assert "stretched for the eye" in page
    assert "Negative" in page
    assert "No folder" not in page


def test_an_image_that_cannot_be_read_is_left_out(labels: Path, images: Path, tmp_path: Path) -> None:
    (images / "d_blue.png").write_bytes(b"no image")
    (images / "b_yellow.png").unlink()
    output = tmp_path / "explore"
    report = run(ExploreInputs(labels, find_fields(images)), ExploreOutputs(output), small(tmp_path), ENGINE)
    assert [failure.where for failure in report.failures] == ["d"]
    assert report.details["shown"] == ["a", "b", "c"]
    assert "d could not be shown" in (output / "index.html").read_text()


def test_no_image_with_a_single_label(labels: Path, images: Path, tmp_path: Path) -> None:
    fields = [field for field in find_fields(images) if field.image_id in "ac"]
    details, output = explore(ExploreInputs(labels, fields), tmp_path)
    assert not (output / "one_a_class.png").exists()
    assert "None of the images at hand has a single label" in format_exploration(details)


def test_repetition_and_proteins(labels: Path, tmp_path: Path) -> None:
    table = pd.read_csv(labels, dtype=str).assign(Protein=["P1", "P1", "P2", "", "P2"])
    table.to_csv(labels, index=False)
    details, output = explore(ExploreInputs(labels), tmp_path, repeat={"min_cells_per_class": 4})
    after = {row["label"]: row["after"] for row in details["repetition_images"]}
    assert min(after[label] for label in (0, 1, 2, 4)) == 4
    assert after[3] == 0
    assert (output / "repetition_images.png").is_file()
    assert details["proteins"] == 2
    assert details["classes"][2]["proteins"] == 2
    assert "proteins" in pd.read_csv(output / "classes.csv")


def test_cells_of_a_work_folder(labels: Path, tmp_path: Path) -> None:
    names = ["a", "a", "b", "d", "strange"]
    dropped = ["", "too dark", "", "", ""]
    write_cells(tmp_path / "cells.parquet", make_cells_table(names, dropped=dropped))
    columns = ["image_id", "image_height", "image_width", "cells"]
    images = pd.DataFrame([(name, 9, 9, 1) for name in ("a", "b", "c", "d", "strange")], columns=columns)
    write_images(tmp_path / "images.parquet", images)
    inputs = ExploreInputs(labels, None, tmp_path / "cells.parquet", tmp_path / "images.parquet")
    details, output = explore(inputs, tmp_path, repeat={"synthetic_negative_fraction": 1})
    assert {name: details["cells"][name] for name in ("images", "cells", "dropped")} == {
        "images": 4,
        "cells": 3,
        "dropped": 1,
    }
    per_image = pd.read_csv(output / "cells_per_image.csv")
    assert per_image["cells"].tolist() == [1, 1, 0, 1]
    assert {row["label"]: row["cells"] for row in details["cells"]["classes"] if row["cells"]} == {
        0: 1,
        1: 1,
        2: 2,
    }
    assert details["repetition_cells"][4]["after"] == 3
    labels.write_text("ID,Label\nfar,4\n")
    details, _ = explore(inputs, tmp_path, repeat={"synthetic_negative_fraction": 1})
    assert "cells of the work folder are of other images" in format_exploration(details)
    assert "repetition_cells" not in details


def test_an_older_exploration_is_replaced(labels: Path, images: Path, tmp_path: Path) -> None:
    explore(ExploreInputs(labels, find_fields(images)), tmp_path)
    _, output = explore(ExploreInputs(labels), tmp_path)
    assert {path.stem for path in output.glob("*.png")} == LABEL_PLOTS
    assert [path.name for path in output.parent.iterdir()] == ["explore"]


def test_other_classes_and_the_form_of_2018(labels: Path, tmp_path: Path) -> None:
    labels.write_text("Id,Target\nx,27 0\ny,0\n")
    details, _ = explore(ExploreInputs(labels), tmp_path, label_set="hpa2018")
    assert len(details["classes"]) == 28
    assert details["commonest_pair"] == {"labels": [0, 27], "images": 1}
    own = tmp_path / "own.toml"
    own.write_text('names = ["only"]\n')
    labels.write_text("ID,Label\nx,only\n")
    details, output = explore(ExploreInputs(labels), tmp_path, label_set=str(own))
    assert details["commonest_pair"] is None
    assert len(list(output.glob("*.png"))) == len(LABEL_PLOTS)


def test_bad_input_leaves_nothing_behind(labels: Path, images: Path, tmp_path: Path) -> None:
    output = tmp_path / "explore"
    fields = find_fields(images)
    for path in images.glob("[abcd]_*"):
        path.unlink()
    with pytest.raises(InputError, match="none of the 1 images has a label"):
        run(ExploreInputs(labels, find_fields(images)), ExploreOutputs(output), small(tmp_path), ENGINE)
    shutil.rmtree(images)
    report = run(ExploreInputs(labels, fields), ExploreOutputs(output), small(tmp_path), ENGINE)
    assert {failure.where for failure in report.failures} == {"a", "b", "c", "d"}
    shutil.rmtree(output)
    settings = ExploreSettings.model_validate(
        {"label_set": "hpa2018", "repeat": {"synthetic_negative_fraction": 1}}
    )
    with pytest.raises(
        InputError, match="explore.repeat.synthetic_negative_fraction: no negative class in hpa2018"
    ):
        run(ExploreInputs(labels), ExploreOutputs(output), settings, ENGINE)
    labels.write_text("ID,Label\n")
    with pytest.raises(InputError, match="no image"):
        run(ExploreInputs(labels), ExploreOutputs(output), ExploreSettings(), ENGINE)
    assert not output.exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]

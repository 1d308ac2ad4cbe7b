from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import write_cells
from data.fields.images_table import write_images
from pipeline.config.config import load_config
from pipeline.runs.execute import Step
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.explore import explore_step
from tests.factories.cells_table import make_cells_table
from tests.factories.work_folder import finish_stage


@pytest.fixture
def work(tmp_path: Path) -> WorkFolder:
    return WorkFolder(tmp_path / "work")


def make_step(work: WorkFolder, images: Path | None, labels: Path, *assignments: str) -> Step:
    return explore_step(work, images, labels, load_config(None, assignments))


def write_cells_of(work: WorkFolder, output_key: str) -> None:
    write_cells(work.cells, make_cells_table(["a"]))
    columns = ["image_id", "image_height", "image_width", "cells"]
    write_images(work.images, pd.DataFrame([("a", 9, 9, 1)], columns=columns))
    finish_stage(work, "segment", output_key)


def test_what_makes_it_stale(work: WorkFolder, labels: Path, tmp_path: Path) -> None:
    keys = [make_step(work, None, labels).key]
    assert make_step(work, None, labels).key == keys[0]
    keys.append(make_step(work, None, labels, "explore.repeat.at_least=3").key)
    images = tmp_path / "images"
    images.mkdir()
    cv2.imwrite(str(images / "a_red.png"), np.zeros((8, 8), np.uint8))
    keys.append(make_step(work, images, labels).key)
    cv2.imwrite(str(images / "b_red.png"), np.zeros((8, 8), np.uint8))
    keys.append(make_step(work, images, labels).key)
    own = tmp_path / "own.toml"
    for names in ('["x", "y"]', '["x", "z"]'):
        own.write_text(f"names = {names}\n")
        keys.append(make_step(work, None, labels, f"explore.label_set={own}").key)
    for output_key in ("first", "second"):
        write_cells_of(work, output_key)
        keys.append(make_step(work, None, labels).key)
    labels.write_text("ID,Label\na,1\nb,1\n")
    keys.append(make_step(work, None, labels).key)
    assert len(set(keys)) == len(keys)


def test_cells_of_an_unfinished_segmentation_play_no_part(work: WorkFolder, labels: Path) -> None:
    before = make_step(work, None, labels).key
    write_cells_of(work, "key")
    work.manifest("segment").unlink()
    assert make_step(work, None, labels).key == before

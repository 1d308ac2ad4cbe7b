"""The work folder of whole fields: who fills it, and with what."""

import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.channels import CHANNELS
from data.errors import InputError
from data.tiles.tile_store import TileStore
from pipeline.config.config import load_config
from pipeline.engines.local import LocalEngine
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps import whole_fields
from pipeline.steps.whole_fields import find_unit, prepare_unit

CONFIG = load_config(None)
ENGINE = LocalEngine(workers=1)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a", "b"):
        for channel in CHANNELS:
            plane = np.random.default_rng(len(channel)).integers(0, 256, (40, 40), np.uint8)
            cv2.imwrite(str(folder / f"{name}_{channel}.png"), plane)
    return folder


def test_cells_need_nothing(tmp_path: Path, images: Path) -> None:
    work = WorkFolder(tmp_path / "work")
    assert prepare_unit(work, None, None, CONFIG, ENGINE) == (work, [])
    with pytest.raises(InputError, match="only where whole fields are classified"):
        prepare_unit(work, None, images, CONFIG, ENGINE)
    assert find_unit(work, None, CONFIG) is None
    with pytest.raises(InputError, match="no classifier of whole fields"):
        find_unit(work, None, load_config(None, ["predict.unit=field"]))


def test_fields_are_resized_once_for_each_size(tmp_path: Path, images: Path) -> None:
    work = WorkFolder(tmp_path / "work")
    folder, (first,) = prepare_unit(work, 64, images, CONFIG, ENGINE)
    assert folder == WorkFolder(tmp_path / "work" / "fields")
    assert TileStore(folder.tiles).size == 64
    _, (again,) = prepare_unit(work, 64, images, CONFIG, ENGINE)
    assert again.key == first.key
    _, (other,) = prepare_unit(work, 96, images, CONFIG, ENGINE)
    assert TileStore(folder.tiles).size == 96
    assert other.key != first.key
    with pytest.raises(InputError, match="give it as --images"):
        prepare_unit(work, 64, None, CONFIG, ENGINE)


def test_followers_wait_for_the_first_process(
    tmp_path: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = WorkFolder(tmp_path / "work")
    made = threading.Thread(target=prepare_unit, args=(work, 64, images, CONFIG, ENGINE))
    monkeypatch.setenv("WORLD_SIZE", "2")

    def refuse(*_: object) -> None:
        raise AssertionError

    # The first process makes them while this one waits.
    def wait(_: float) -> None:
        if not made.ident:
            monkeypatch.setenv("RANK", "0")
            made.start()
            made.join()
            monkeypatch.setenv("RANK", "1")
            monkeypatch.setattr(whole_fields, "execute", refuse)

    monkeypatch.setattr(time, "sleep", wait)
    monkeypatch.setenv("RANK", "1")
    folder, (manifest,) = prepare_unit(work, 64, images, CONFIG, ENGINE)
    assert len(TileStore(folder.tiles)) == 2
    assert manifest.counts == {"fields": 2}

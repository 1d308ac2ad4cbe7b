import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from data.errors import InputError
from data.segmenter_training.labelled_field import LabelledField
from models.segmenters.lite.bundled import LITE_WEIGHTS
from pipeline.config.config import load_config
from pipeline.engines.local import LocalEngine
from pipeline.runs.execute import execute
from pipeline.steps.segmenter import train_segmenter_step
from stages.segmenter.train import (
    choose_held_out,
    draw_weights,
    find_sources,
    find_start,
    warn_of_odd_labels,
)
from stages.segmenter.train_settings import TrainSegmenterSettings
from tests.factories.context import QuietContext
from tests.factories.simulated_set import simulate_into

ENGINE = LocalEngine(workers=2)
SHORT = [
    "segmenter.simulated=1",
    "segmenter.simulated_size=256",
    "segmenter.crops.size=64",
    "segmenter.fit.steps=2",
    "segmenter.fit.batch_size=2",
]


def empty_field(name: str, source: str) -> LabelledField:
    plane = np.zeros((8, 8), np.int32)
    return LabelledField(name, source, np.zeros((3, 8, 8), np.uint8), plane, plane, 0.16)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labelled")
    simulate_into(folder, fields=3, size=512, seed=9)
    return folder


@pytest.mark.slow
def test_training_writes_weights_figures_and_pictures_and_is_not_repeated(
    labelled: Path, tmp_path: Path
) -> None:
    config = load_config(None, [*SHORT, 'segmenter.hold_out=["sim-9-00002"]'])
    step = train_segmenter_step(tmp_path, labelled, labelled / "masks", config)
    manifest = execute(step, ENGINE)
    assert manifest.counts["fields"] == 3
    assert manifest.counts["held out"] == 1
    for name in ("segmenter.safetensors", "metrics.csv", "curves.png", "predictions.png"):
        assert (tmp_path / name).stat().st_size > 0
    summary = json.loads((tmp_path / "segmenter.json").read_text())
    assert summary["held out"] == ["sim-9-00002"]
    assert list(summary["agreement"]) == ["sim-9-00002"]
    assert not (tmp_path / "checkpoint.pt").exists()
    written = (tmp_path / "segmenter.safetensors").stat().st_mtime_ns
    execute(train_segmenter_step(tmp_path, labelled, labelled / "masks", config), ENGINE)
    assert (tmp_path / "segmenter.safetensors").stat().st_mtime_ns == written


@pytest.mark.slow
def test_equal_seeds_give_equal_weights(tmp_path: Path) -> None:
    config = load_config(None, [*SHORT, "segmenter.device=cpu", "segmenter.precision=float32"])
    for name in ("one", "two"):
        # What was drawn before must not matter.
        torch.rand(len(name) + 7)
        execute(train_segmenter_step(tmp_path / name, None, None, config), QuietContext())
    one, two = (load_file(tmp_path / name / "segmenter.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.slow
def test_a_training_goes_on_from_the_weights_of_another(tmp_path: Path) -> None:
    first = tmp_path / "first"
    execute(train_segmenter_step(first, None, None, load_config(None, SHORT)), ENGINE)
    weights = first / "segmenter.safetensors"
    still = [*SHORT, "segmenter.optimiser.learning_rate=1e-9", f"segmenter.start={weights}"]
    execute(train_segmenter_step(tmp_path / "second", None, None, load_config(None, still)), ENGINE)
    before, after = load_file(weights), load_file(tmp_path / "second" / "segmenter.safetensors")
    learned = [name for name in before if "running" not in name]
    assert all(torch.allclose(before[name], after[name], atol=1e-3) for name in learned)
    # A training by itself begins elsewhere: its decoder at random.
    other = [*SHORT, "segmenter.optimiser.learning_rate=1e-9", "segmenter.seed=5"]
    execute(train_segmenter_step(tmp_path / "other", None, None, load_config(None, other)), ENGINE)
    alone = load_file(tmp_path / "other" / "segmenter.safetensors")
    assert not all(torch.allclose(before[name], alone[name], atol=1e-3) for name in learned)


def test_weights_to_go_on_from_are_sought_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.safetensors: no such file"):
        find_start(TrainSegmenterSettings(start=str(tmp_path / "nothing.safetensors")))
    assert find_start(TrainSegmenterSettings()) is None
    assert find_start(TrainSegmenterSettings(start="lite")) == LITE_WEIGHTS


def test_a_broken_label_image_is_left_out_and_told(labelled: Path, tmp_path: Path) -> None:
    masks = tmp_path / "masks"
    masks.mkdir()
    for path in (labelled / "masks").iterdir():
        (masks / path.name).write_bytes(path.read_bytes())
    (masks / "sim-9-00001_cells.png").write_bytes(b"no image")
    step = train_segmenter_step(tmp_path / "out", labelled, masks, load_config(None, SHORT))
    manifest = execute(step, QuietContext())
    assert [failure.where for failure in manifest.failures] == ["sim-9-00001"]
    assert manifest.counts["fields"] == 3


def test_fields_of_which_none_can_be_read(labelled: Path, tmp_path: Path) -> None:
    masks = tmp_path / "masks"
    masks.mkdir()
    for path in (labelled / "masks").iterdir():
        (masks / path.name).write_bytes(b"no image")
    config = load_config(None, [*SHORT, "segmenter.simulated=0"])
    step = train_segmenter_step(tmp_path / "out", labelled, masks, config)
    with pytest.raises(
        InputError, match=r"no field is left to train on \(3 cannot be read; the first: .*png"
    ):
        execute(step, QuietContext())
    assert not (tmp_path / "out" / "segmenter.safetensors").exists()


def test_fields_of_which_all_are_held_out(labelled: Path, tmp_path: Path) -> None:
    config = load_config(None, [*SHORT, "segmenter.simulated=0", "segmenter.folds=1"])
    step = train_segmenter_step(tmp_path, labelled, labelled / "masks", config)
    with pytest.raises(InputError, match=r"no field is left to train on \(3 held out\)"):
        execute(step, QuietContext())


def test_unknown_fields_to_hold_out_and_nothing_to_train_on_are_told(labelled: Path) -> None:
    settings = TrainSegmenterSettings(hold_out=("nowhere",))
    with pytest.raises(InputError, match="no labelled field nowhere"):
        find_sources(labelled, labelled / "masks", settings)
    with pytest.raises(InputError, match="no field is left to train on"):
        find_sources(None, None, TrainSegmenterSettings(simulated=0))


def test_simulated_fields_may_lie_in_a_folder(labelled: Path) -> None:
    settings = TrainSegmenterSettings(simulated=2, simulated_dir=str(labelled))
    real, simulated = (
        find_sources(labelled, labelled / "masks", settings)[:3],
        find_sources(None, None, settings),
    )
    assert {source.load().source for source in real} == {"real"}
    assert [source.load().source for source in simulated] == ["simulated"] * 2


def test_label_images_of_nothing_and_of_one_cell_alone_are_told(caplog: pytest.LogCaptureFixture) -> None:
    empty = empty_field("a", "real")
    full = replace(empty, field_id="b", cells=empty.cells + 1)
    cells = empty.cells.copy()
    cells[2:5, 2:5] = 1
    right = replace(empty, field_id="c", cells=cells)
    warn_of_odd_labels([right, right])
    assert not caplog.records
    warn_of_odd_labels([right, empty, full])
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("1 of 3 labelled fields have no cell, such as a: the network learns that all")
    assert second == "1 of 3 labelled fields have no background, which has the number 0, such as b"


def test_folds_keep_a_part_aside_and_the_same_one_each_time() -> None:
    names = [f"field {number}" for number in range(20)]
    settings = TrainSegmenterSettings(folds=5)
    kept = choose_held_out(names, settings)
    assert len(kept) == 4
    assert kept == choose_held_out(names[::-1], settings)
    assert kept != choose_held_out(names, TrainSegmenterSettings(folds=5, seed=2))
    assert choose_held_out(names, TrainSegmenterSettings()) == set()


def test_simulated_fields_have_their_share_of_the_crops() -> None:
    fields = [empty_field("a", "real"), *(empty_field(f"s{n}", "simulated") for n in range(4))]
    weights = draw_weights(fields, 0.25)
    assert weights / weights.sum() == pytest.approx([0.75, *[0.0625] * 4])
    assert draw_weights(fields[:1], 0.5) == pytest.approx([1.0])

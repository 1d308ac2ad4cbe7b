"""What the library does in memory is, bit for bit, what the commands do through files."""

import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w

import hpacells as hpa
from models.classifiers.bundled import find_classifier_folder

Run = Callable[..., None]

SIZE = 640


@dataclass(frozen=True)
class Segmented:
    """A folder of one field, its work folder, and the same field segmented and cropped in memory."""

    images: Path
    work: Path
    found: hpa.SegmentedField
    tiles: hpa.FieldTiles


def make_images(folder: Path, channels: tuple[str, ...] = hpa.CHANNELS) -> Path:
    hpa.simulate_field(seed=39, size=SIZE).write_image(folder, "A1")
    for channel in set(hpa.CHANNELS) - set(channels):
        (folder / f"A1_{channel}.png").unlink()
    return folder


@pytest.fixture(scope="module")
def segmented(run_command: Run, tmp_path_factory: pytest.TempPathFactory) -> Segmented:
    folder = tmp_path_factory.mktemp("same")
    images, work = make_images(folder / "images"), folder / "work"
    run_command("segment", images, "--work", work, "--segmenter", "lite", "--runtime", "torch")
    run_command("crops", images, "--work", work)
    field = hpa.find_fields(images)[0]
    found = hpa.load_segmenter("lite", runtime="torch").segment_field(field)
    return Segmented(images, work, found, hpa.crop_cells(field, found))


@pytest.fixture(scope="module")
def averaging_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The classifier that comes with hpacells, averaged over symmetries and with the image's mean."""
    folder = tmp_path_factory.mktemp("models") / "averaging"
    shutil.copytree(find_classifier_folder("simhpa19"), folder)
    description = tomllib.loads((folder / "model.toml").read_text())
    description["architecture"] |= {"test_time_augmentation": True, "image_weight": 0.25}
    (folder / "model.toml").write_text(tomli_w.dumps(description))
    return folder


def test_masks(segmented: Segmented) -> None:
    masks = hpa.open_work(segmented.work).masks("A1")
    assert masks.count > 3
    assert np.array_equal(segmented.found.cells, masks.cells)
    assert np.array_equal(segmented.found.nuclei, masks.nuclei)


def test_cells_and_tiles(segmented: Segmented) -> None:
    work = hpa.open_work(segmented.work)
    pd.testing.assert_frame_equal(segmented.tiles.table, work.cells())
    assert 0 < (work.cells()["dropped"] != "").sum() < len(work.cells())
    rows = np.arange(len(segmented.tiles))
    store = work.tiles()
    assert np.array_equal(segmented.tiles.tiles, store.read(rows))
    assert np.array_equal(
        segmented.tiles.read(rows[::-1], ["blue", "red"]), store.read(rows[::-1], ["blue", "red"])
    )
    assert np.array_equal(segmented.tiles.cell_masks(rows), store.cell_masks(rows))
    assert np.array_equal(segmented.tiles.nucleus_masks(rows), store.nucleus_masks(rows))


@pytest.mark.parametrize("runtime", ["torch", "auto"])
@pytest.mark.parametrize("averaging", [False, True])
def test_predictions(
    run_command: Run, segmented: Segmented, averaging_model: Path, runtime: str, averaging: bool
) -> None:
    model = averaging_model if averaging else find_classifier_folder("simhpa19")
    run_command("predict", "--work", segmented.work, "--model", model, "--runtime", runtime)
    written = hpa.open_work(segmented.work).predictions()
    classifier = hpa.load_classifier(model, runtime=runtime)
    table = classifier.classify(segmented.tiles)
    pd.testing.assert_frame_equal(table, written, check_exact=True)
    pd.testing.assert_frame_equal(classifier.classify(segmented.tiles), table, check_exact=True)
    assert classifier.class_names == hpa.open_work(segmented.work).class_names()


def test_predictions_of_several_classifiers_with_dropped_cells(
    run_command: Run, segmented: Segmented, averaging_model: Path
) -> None:
    models = [find_classifier_folder("simhpa19"), averaging_model]
    options = [option for model in models for option in ("--model", model)]
    run_command(
        "predict", "--work", segmented.work, *options, "--runtime", "torch", "--set", "predict.dropped=true"
    )
    table = hpa.load_classifier(*models, runtime="torch").classify(segmented.tiles, dropped=True)
    assert len(table) == len(segmented.tiles)
    written = hpa.open_work(segmented.work).predictions()
    pd.testing.assert_frame_equal(table, written, check_exact=True)


def test_embeddings_and_test_time_augmentation_that_are_asked_for(
    run_command: Run, segmented: Segmented
) -> None:
    settings = ("predict.embedding=true", "predict.test_time_augmentation=true", "predict.image_weight=0.5")
    options = [option for setting in settings for option in ("--set", setting)]
    model = find_classifier_folder("simhpa19")
    run_command("predict", "--work", segmented.work, "--model", model, "--runtime", "torch", *options)
    written = hpa.open_work(segmented.work).predictions()
    table = hpa.load_classifier("simhpa19", runtime="torch").classify(
        segmented.tiles, embedding=True, test_time_augmentation=True, image_weight=0.5
    )
    pd.testing.assert_frame_equal(table, written, check_exact=True)
    assert table["embedding"][0].shape == (256,)


def test_a_field_without_er(run_command: Run, tmp_path: Path) -> None:
    images = make_images(tmp_path / "images", ("red", "green", "blue"))
    run_command("segment", images, "--work", tmp_path / "work", "--segmenter", "lite", "--runtime", "torch")
    found = hpa.load_segmenter("lite", runtime="torch").segment_field(hpa.find_fields(images)[0])
    assert np.array_equal(found.cells, hpa.open_work(tmp_path / "work").masks("A1").cells)
    assert found.count > 3


def test_another_pixel_size_and_other_limits(run_command: Run, segmented: Segmented, tmp_path: Path) -> None:
    images, work = segmented.images, tmp_path / "work"
    options = ("--set", "segment.pixel_size_um=0.16")
    run_command("segment", images, "--work", work, "--segmenter", "classical", *options)
    settings = ("crops.neighbours=keep", "crops.min_area_um2=700", "images.full_scale=200")
    run_command("crops", images, "--work", work, *(o for setting in settings for o in ("--set", setting)))
    field = hpa.find_fields(images)[0]
    found = hpa.load_segmenter("classical").segment_field(field, pixel_size_um=0.16)
    tiles = hpa.crop_cells(field, found, keep_neighbours=True, min_area_um2=700, full_scale=200)
    assert "too small" in set(tiles.table["dropped"])
    pd.testing.assert_frame_equal(tiles.table, hpa.open_work(work).cells())
    assert np.array_equal(tiles.tiles, hpa.open_work(work).tiles().read(np.arange(len(tiles))))
    assert hpa.open_work(work).masks("A1").pixel_size_um == 0.16


def test_an_image_in_memory_is_segmented_like_its_field(segmented: Segmented) -> None:
    image = hpa.find_fields(segmented.images)[0].read()
    segmenter = hpa.load_segmenter("lite", runtime="torch")
    assert np.array_equal(segmenter.segment_image(image).cells, segmented.found.cells)
    assert segmenter.segment_image(image[:3]).count > 3
    with pytest.raises(hpa.InputError, match=r"shape \(2, 640, 640\)"):
        segmenter.segment_image(image[:2])


def test_a_field_without_cells() -> None:
    image = np.zeros((4, 300, 300), np.uint8)
    found = hpa.load_segmenter("classical").segment_image(image)
    tiles = hpa.crop_cells(image, found, image_id="dark")
    table = hpa.load_classifier("simhpa19").classify(tiles)
    assert len(tiles) == len(table) == 0
    assert len(table.columns) == 2 + 19 + 1


def test_an_image_of_another_size_is_refused(segmented: Segmented) -> None:
    with pytest.raises(hpa.InputError, match=r"shape \(4, 10, 10\)"):
        hpa.crop_cells(np.zeros((4, 10, 10), np.uint8), segmented.found)

from pathlib import Path

import numpy as np
import pytest
import torch

from data.cells.cells_table import read_cells
from data.errors import InputError
from models.classifiers.classifier import Classifier
from models.classifiers.model_folder import read_classifier
from models.runtimes.openvino_library import has_openvino
from tests.factories.subcell import shrink_subcell, write_tiny_subcell
from tests.stages.predict.conftest import COLUMNS, EXACT, ROWS, Save, compute, run


@pytest.mark.parametrize("mode", ["single-label", "multi-label"])
def test_each_row_has_the_probabilities_of_its_own_tile(folder, save: Save, steps, mode) -> None:
    model, context = save("model", mode=mode), steps()
    predictions = run(folder, model, EXACT, context)
    assert context.done == context.total == len(predictions) == 14
    table = read_cells(folder.cells).iloc[ROWS]
    assert predictions["image_id"].tolist() == table["image_id"].tolist()
    assert predictions["cell_id"].tolist() == table["cell_id"].tolist()
    np.testing.assert_allclose(predictions[COLUMNS], compute(folder, model), atol=1e-5)
    sums = predictions[COLUMNS].sum(axis=1)
    assert np.allclose(sums, 1, atol=1e-5) == (mode == "single-label")
    assert "embedding" not in predictions


def test_dropped_cells_on_demand(folder, model: Path, steps) -> None:
    predictions = run(folder, model, EXACT.model_copy(update={"dropped": True}), steps())
    np.testing.assert_allclose(predictions[COLUMNS], compute(folder, model, np.arange(15)), atol=1e-5)


def test_the_mean_of_the_image_has_its_part(folder, save: Save, steps) -> None:
    model = save("model")
    table, alone = read_cells(folder.cells), compute(folder, model, np.arange(15))
    assert table["image_id"].nunique() < 14
    expected = [
        0.7 * row + 0.3 * alone[(table["image_id"] == image) & (table["dropped"] == "")].mean(axis=0)
        for row, image in zip(alone, table["image_id"], strict=True)
    ]
    asked = EXACT.model_copy(update={"image_weight": 0.3})
    np.testing.assert_allclose(
        run(folder, model, asked, steps())[COLUMNS], np.array(expected)[ROWS], atol=1e-5
    )
    # A dropped cell counts in no mean, but has one.
    asked = asked.model_copy(update={"dropped": True})
    np.testing.assert_allclose(run(folder, model, asked, steps())[COLUMNS], expected, atol=1e-5)
    # As they were trained to: of several classifiers the mean part, of their mean probabilities.
    several = [save("none", image_weight=0.0), save("much", image_weight=0.6)]
    trained = run(folder, several, EXACT, steps())
    np.testing.assert_allclose(
        trained[COLUMNS],
        run(folder, several, EXACT.model_copy(update={"image_weight": 0.3}), steps())[COLUMNS],
        atol=1e-6,
    )
    called = trained[COLUMNS].to_numpy().argmax(axis=1)
    assert trained["labels"].tolist() == list(map(str, called))


def test_the_embedding(folder, model: Path, steps) -> None:
    predictions = run(folder, model, EXACT.model_copy(update={"embedding": True}), steps())
    embedding = torch.tensor(np.stack(predictions["embedding"].to_list()))
    assert embedding.shape == (14, 16)
    head = read_classifier(model).head
    with torch.inference_mode():
        probabilities = head.get_submodule("classify")(embedding).softmax(dim=1)
    np.testing.assert_allclose(predictions[COLUMNS], probabilities, atol=1e-5)


def test_embeddings_by_default_where_the_network_is_subcell(
    folder, steps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="hpacells")
    shrink_subcell(monkeypatch)
    tiles = {"size": 32, "channels": ["blue", "green"]}
    models = [write_tiny_subcell(tmp_path / name, "bg", tiles=tiles) for name in ("one", "two")]
    predictions = run(folder, models[0], EXACT, steps())
    assert np.stack(predictions["embedding"].to_list()).shape == (14, 48)
    without = run(folder, models[0], EXACT.model_copy(update={"embedding": False}), steps())
    assert "embedding" not in without
    assert "no embeddings" not in caplog.text
    assert "embedding" not in run(folder, models, EXACT, steps())
    assert "no embeddings, since those of 2 classifiers have nothing in common" in caplog.text


@pytest.mark.parametrize("symmetries", [False, True])
def test_an_ensemble_of_folds_architectures_and_tile_sizes(folder, save: Save, steps, symmetries) -> None:
    """The mean of what each predicts alone, although three of them share their tiles."""
    for name, size in (("folds/fold-0", 32), ("folds/fold-1", 48), ("folds/fold-2", 32)):
        save(name, size=size)
    folds = [save("several", mode="multi-label").parent / "folds", folder.tiles.parent / "several"]
    settings = EXACT.model_copy(update={"test_time_augmentation": symmetries})
    members = [*(folds[0] / f"fold-{fold}" for fold in range(3)), folds[1]]
    alone = [run(folder, member, settings, steps())[COLUMNS] for member in members]
    context = steps()
    together = run(folder, folds, settings, context)
    np.testing.assert_allclose(together[COLUMNS], np.mean(alone, axis=0), atol=1e-6)
    assert context.done == context.total == 2 * 14
    if not symmetries:
        plain = [compute(folder, member) for member in members]
        np.testing.assert_allclose(together[COLUMNS], np.mean(plain, axis=0), atol=1e-5)


def test_a_classifier_that_is_given_twice_is_told_and_counts_twice(
    folder, save: Save, steps, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = save("one"), save("other", image_weight=0.0)
    told = "is given more than once, and counts so often in the mean of 3"
    run(folder, [one, other], EXACT, steps())
    assert told not in caplog.text
    predictions = run(folder, [one, other, one.parent / "." / one.name], EXACT, steps())
    assert told in caplog.text
    expected = (2 * compute(folder, one) + compute(folder, other)) / 3
    np.testing.assert_allclose(predictions[COLUMNS], expected, atol=1e-5)


def test_classifiers_of_one_and_of_several_classes_a_cell_are_told(
    folder, save: Save, steps, caplog: pytest.LogCaptureFixture
) -> None:
    single, several = save("single", mode="single-label"), save("several", mode="multi-label")
    predictions = run(folder, [several, single], EXACT, steps())
    assert f"{single} gives one class a cell, {several} any number" in caplog.text
    expected = (compute(folder, single) + compute(folder, several)) / 2
    np.testing.assert_allclose(predictions[COLUMNS], expected, atol=1e-5)


def test_called_classes(folder, save: Save, steps) -> None:
    single, several = save("single"), save("several", mode="multi-label")
    low = save("low", mode="multi-label", thresholds=[0.1] * 18 + [1.0])
    high = save("high", mode="multi-label", thresholds=[0.9] * 19)
    predictions = run(folder, single, EXACT, steps())
    likeliest = predictions[COLUMNS].to_numpy().argmax(axis=1)
    assert predictions["labels"].tolist() == list(map(str, likeliest))
    for models, thresholds in (([several], [0.5] * 19), ([low, high], [0.5] * 18 + [0.95])):
        predictions = run(folder, models, EXACT, steps())
        expected = [
            "|".join(str(label) for label in range(19) if row[label] >= thresholds[label])
            for row in predictions[COLUMNS].to_numpy().tolist()
        ]
        assert predictions["labels"].tolist() == expected
        assert len(set(expected)) > 1


@pytest.mark.parametrize(
    "runtime",
    [
        "torch-bfloat16",
        pytest.param(
            "openvino-bfloat16", marks=pytest.mark.skipif(not has_openvino(), reason="needs openvino")
        ),
    ],
)
def test_a_faster_runtime_is_near(folder, model: Path, steps, monkeypatch, runtime: str) -> None:
    monkeypatch.setattr("models.runtimes.names.uses_bfloat16", lambda *_: True)
    exact = run(folder, model, EXACT, steps())
    rough = run(folder, model, EXACT.model_copy(update={"runtime": runtime}), steps())
    np.testing.assert_allclose(rough[COLUMNS], exact[COLUMNS], atol=1e-2)


def test_batches_are_cut_where_memory_is_short(
    folder, model: Path, steps, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings = EXACT.model_copy(update={"batch_size": 7, "embedding": True})
    expected = run(folder, model, settings, steps())
    sizes: list[int] = []
    forward = Classifier.forward

    def fail(self: Classifier, tiles: torch.Tensor):
        sizes.append(len(tiles))
        if len(tiles) > 3:
            message = "CUDA out of memory."
            raise torch.OutOfMemoryError(message)
        return forward(self, tiles)

    monkeypatch.setattr(Classifier, "forward", fail)
    caplog.set_level("WARNING", "hpacells")
    context = steps()
    found = run(folder, model, settings, context)
    assert sizes == [7, 4, 2, 2, 2, 1, 2, 2, 2, 1]
    assert context.done == context.total == 14
    np.testing.assert_allclose(found[COLUMNS], expected[COLUMNS], atol=1e-5)
    np.testing.assert_allclose(
        np.stack(found["embedding"].to_list()), np.stack(expected["embedding"].to_list()), atol=1e-4
    )
    warned = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warned == [
        f"not enough memory for {tiles} tiles at a time: the cells to predict are taken {fewer} at a time "
        "from here on"
        for tiles, fewer in ((7, 4), (4, 2))
    ]


def test_no_cell_is_left(folder, model: Path, steps) -> None:
    table = read_cells(folder.cells)
    table["dropped"] = "too dark"
    table.to_parquet(folder.cells)
    assert run(folder, model, EXACT, steps()).empty


def test_no_model(folder, steps, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        run(folder, tmp_path / "nowhere", EXACT, steps())


def test_embeddings_of_several(folder, save: Save, steps) -> None:
    models = [save("one"), save("other")]
    with pytest.raises(InputError, match="embeddings of 2 classifiers"):
        run(folder, models, EXACT.model_copy(update={"embedding": True}), steps())


def test_tiles_of_another_table(folder, model: Path, steps) -> None:
    read_cells(folder.cells).iloc[:-1].to_parquet(folder.cells)
    with pytest.raises(InputError, match="15 tiles, but the cells table has 14 rows"):
        run(folder, model, EXACT, steps())

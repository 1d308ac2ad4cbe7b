from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import InputError
from stages.export.paths import ExportInputs, ExportOutputs
from stages.export.run import run
from stages.export.settings import ExportSettings
from stages.stage import StageReport
from tests.factories.context import QuietContext
from tests.factories.exports.unusual_fields import UnusualFields, draw_odd
from tests.factories.tile_store import write_tile_store

h5py: Any = pytest.importorskip("h5py")


@pytest.fixture
def made(tmp_path: Path) -> UnusualFields:
    return UnusualFields(tmp_path, {"odd 1.b": draw_odd(), "other": draw_odd()})


@pytest.fixture
def tiles(made: UnusualFields) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    random, count = np.random.default_rng(0), len(made.table)
    cells = random.random((count, 256, 256)) < 0.6
    return random.integers(0, 256, (count, 4, 256, 256), np.uint8), cells, cells & (cells[:, ::-1])


@pytest.fixture
def inputs(made: UnusualFields, tiles: Any, tmp_path: Path) -> ExportInputs:
    write_tile_store(tmp_path / "tiles.zarr", *tiles)
    return replace(made.write(), tiles_path=tmp_path / "tiles.zarr")


def export(inputs: ExportInputs, path: Path, **settings: Any) -> StageReport:
    return run(inputs, ExportOutputs(path), ExportSettings(format="h5sc", **settings), QuietContext())


def test_masks_and_channels_of_each_cell(
    made: UnusualFields, tiles: Any, inputs: ExportInputs, tmp_path: Path
) -> None:
    report = export(inputs, tmp_path / "cells.h5sc")
    assert report.counts == {"cells": 10, "left out": 2}
    with h5py.File(tmp_path / "cells.h5sc") as file:
        images = file["obsm/single_cell_images"]
        assert (images.shape, images.dtype, images.chunks) == (
            (10, 6, 256, 256),
            np.float16,
            (1, 1, 256, 256),
        )
        for place, row in enumerate(made.order.tolist()):
            np.testing.assert_array_equal(images[place, 0], tiles[2][row])
            np.testing.assert_array_equal(images[place, 1], tiles[1][row])
            np.testing.assert_allclose(images[place, 2:], tiles[0][row] / 255, atol=5e-4)
        expected = {
            **{"n_cells": 10, "n_channels": 6, "n_masks": 2, "n_image_channels": 4},
            **{"image_size_x": 256, "image_size_y": 256, "compression": "lzf"},
            **{"encoding-type": "array", "encoding-version": "0.2.0"},
        }
        assert {name: images.attrs[name] for name in expected} == expected
        assert images.attrs["channel_mapping"].tolist() == [b"mask"] * 2 + [b"image_channel"] * 4
        names = [b"nucleus_mask", b"cell_mask", b"microtubules", b"protein", b"nucleus", b"ER"]
        assert images.attrs["channel_names"].tolist() == names
        assert file["uns/single_cell_images/n_cells"][()] == 10
        assert file["uns/single_cell_images/image_size"][()] == 256
        # Read by scPortrait's training, which knows no categories.
        numbers = made.probabilities.argmax(axis=1)
        assert file["obs/top_class_number"][:].tolist() == numbers.tolist()


def test_it_is_an_anndata_file(made: UnusualFields, inputs: ExportInputs, tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata")
    export(inputs, tmp_path / "cells.h5sc", unpredicted=True)
    cells = anndata.read_h5ad(tmp_path / "cells.h5sc")
    ids = cells.obs["scportrait_cell_id"]
    # Numbers of cells are each field's own.
    assert (ids.dtype, ids.tolist()) == (np.uint64, list(range(1, 13)))
    # By which scPortrait finds the row of a cell.
    assert cells.obs_names.tolist() == [str(row) for row in range(12)]
    order = [*made.order, *np.flatnonzero(made.table["dropped"] != "")]
    assert cells.obs["image_id"].tolist() == made.table["image_id"].iloc[order].tolist()
    assert cells.obs["cell_id"].tolist() == made.table["cell_id"].iloc[order].tolist()
    assert cells.obs["top_class_number"].tolist()[-2:] == [-1, -1]
    assert cells.var["channel_mapping"].tolist() == ["mask"] * 2 + ["image_channel"] * 4
    assert cells.obsm["single_cell_images"].shape == (12, 6, 256, 256)


def test_tiles_of_other_cells_are_refused(inputs: ExportInputs, tiles: Any, tmp_path: Path) -> None:
    write_tile_store(tmp_path / "others.zarr", tiles[0][:5])
    with pytest.raises(InputError, match="5 tiles, but the cells table has 12 rows"):
        export(replace(inputs, tiles_path=tmp_path / "others.zarr"), tmp_path / "cells.h5sc")
    assert not (tmp_path / "cells.h5sc").exists()

"""What other programs read of the exports, in environments of their own, since they need another pandas."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.factories.command_line import run_here
from tests.factories.environment import make_environment
from tests.factories.exports.predicted_work import segment_and_predict
from tests.factories.exports.unusual_fields import CROWD, EMPTY, ODD, UnusualFields

OME_ZARR = """
import sys, warnings, zarr
from pathlib import Path
import numpy as np
from ngff_zarr import from_ngff_zarr
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader
from ome_zarr_models.v05 import Image
warnings.simplefilter("error")
stores = sorted(Path(sys.argv[1]).glob("*.ome.zarr"))
assert len(stores) == 3
for store in stores:
    Image.from_zarr(zarr.open_group(store, mode="r"))
    images = from_ngff_zarr(str(store), validate=True, version="0.5").images
    image, _, *labels = Reader(parse_url(str(store)))()
    assert image.metadata["channel_names"] == ["microtubules", "protein", "nucleus", "ER"]
    assert [label.metadata["name"] for label in labels] == ["cells", "nuclei"]
    for label in labels:
        path = f"{store}/labels/{label.metadata['name']}"
        of_label = from_ngff_zarr(path, validate=True, version="0.5").images
        assert [level.shape for level in label.data] == [level.shape[1:] for level in image.data]
        for ours, theirs in zip(of_label, images, strict=True):
            assert {axis: theirs.translation[axis] for axis in "yx"} == ours.translation
            assert {axis: theirs.scale[axis] for axis in "yx"} == ours.scale
        numbers = set(np.unique(np.asarray(label.data[0]))) - {0}
        assert numbers <= set(label.metadata.get("properties", {}))
print("read", len(stores))
"""

NAPARI = """
import sys
from pathlib import Path
from napari.components import ViewerModel
from napari_ome_zarr import napari_get_reader
for store in sorted(Path(sys.argv[1]).glob("*.ome.zarr")):
    viewer = ViewerModel()
    for data, how, kind in napari_get_reader(str(store))(str(store)):
        viewer._add_layer_from_data(data, how, kind)
    assert len(viewer.layers) == 6, viewer.layers
    sizes = {tuple(layer.downsample_factors.ravel()) for layer in viewer.layers}
    assert len(sizes) == 1
    cells = viewer.layers[4]
    if "none" not in store.name:
        assert {"class", "probability", "dropped", "index"} <= set(cells.features.columns)
    assert [str(unit) for unit in cells.units] == ["micrometer"] * 2
print("read")
"""

SPATIALDATA = """
import sys, warnings
import numpy as np
import spatialdata as sd
from spatialdata import get_element_instances, get_extent
from spatialdata.models import Image2DModel, Labels2DModel, TableModel
from spatialdata.transformations import Identity, Scale, get_transformation
with warnings.catch_warnings():
    warnings.simplefilter("error", UserWarning)
    data = sd.read_zarr(sys.argv[1] + "/spatialdata.zarr")
table = data["cells"]
TableModel().validate(table)
for element in data.images.values():
    Image2DModel().validate(element)
for element in data.labels.values():
    Labels2DModel().validate(element)
assert set(data.images) == {"odd_1.b_image", "crowd_image", "none.at_all_image"}
assert len(data.labels) == 6
for region in table.obs["region"].cat.categories:
    there = np.asarray(get_element_instances(data[region]))
    rows = table.obs.loc[table.obs["region"] == region, "instance_id"]
    assert there[there > 0].tolist() == rows.tolist()
    assert set(get_transformation(data[region], get_all=True)) == {"global", "micrometres"}
extent = get_extent(data["crowd_image"], coordinate_system="micrometres")
np.testing.assert_allclose([extent["y"][1], extent["x"][1]], [301 * 0.08, 400 * 0.08])
import squidpy
squidpy.gr.spatial_neighbors(table, library_key="region", coord_type="generic", n_neighs=4)
graph = table.obsp["spatial_connectivities"]
regions = table.obs["region"].astype(str).to_numpy()
near = graph.tocoo()
assert len(near.row) >= 4 * table.n_obs
assert (regions[near.row] == regions[near.col]).all()
data.write(sys.argv[2])
again = sd.read_zarr(sys.argv[2])
assert again["cells"].obs.equals(table.obs)
print("read", table.n_obs)
"""

SCPORTRAIT = """
import sys
import anndata
import numpy as np
from scportrait.io import read_h5sc
from scportrait.tools.h5sc import get_image_with_cellid
path = sys.argv[1] + "/cells.h5sc"
cells, plain = read_h5sc(path), anndata.read_h5ad(path)
images = cells.obsm["single_cell_images"]
assert images.shape[0] == cells.n_obs == plain.n_obs and images.shape[1] == cells.n_vars == 6
ids = cells.obs["scportrait_cell_id"]
assert ids.dtype == np.uint64 and ids.is_unique
some = get_image_with_cellid(cells, [int(ids.iloc[3]), int(ids.iloc[1])])
np.testing.assert_array_equal(some, np.stack([images[3], images[1]]))
assert set(np.unique(some[:, :2])) == {0, 1} and 0 < some[:, 2:].max() <= 1
assert cells.var["channel_mapping"].tolist() == ["mask"] * 2 + ["image_channel"] * 4
print("read", cells.n_obs)
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("h5py")
    made = UnusualFields(tmp_path_factory.mktemp("readers"))
    work = segment_and_predict(made, [ODD, CROWD, EMPTY])
    for name in ("ome-zarr", "spatialdata", "h5sc"):
        run_here("export", work.root, "--format", name, "--output", made.folder / "out")
    return made.folder / "out"


@pytest.fixture
def environment(tmp_path: Path) -> Callable[..., Path]:
    """Make an environment of some packages; skipped where they cannot be installed."""

    def make(*packages: str) -> Path:
        python, failure = make_environment(tmp_path / "environment", *packages, timeout=800)
        if failure:
            pytest.skip(f"pip cannot install {' '.join(packages)} here: {failure.splitlines()[-1:]}")
        return python

    return make


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("packages", "script"),
    [
        (("ome-zarr==0.18.*", "ngff-zarr[validate]==0.50.*", "ome-zarr-models==1.7.*"), OME_ZARR),
        (("napari==0.9.*", "napari-ome-zarr==0.10.*"), NAPARI),
        # It cannot write again what pandas 3 has for text.
        (("spatialdata==0.7.3", "squidpy==1.8.2", "pandas<3"), SPATIALDATA),
        # setuptools 81 and later lack pkg_resources, which a package that it needs imports.
        pytest.param(
            ("scportrait==1.7.*", "setuptools<81"),
            SCPORTRAIT,
            marks=pytest.mark.skipif(
                "HPACELLS_TEST_SCPORTRAIT" not in os.environ,
                reason="scPortrait takes 7 GB (set HPACELLS_TEST_SCPORTRAIT to try it)",
            ),
        ),
    ],
    ids=["ome-zarr", "napari", "spatialdata", "scportrait"],
)
def test_own_readers(
    exported: Path, environment: Callable[..., Path], tmp_path: Path, packages: tuple[str, ...], script: str
) -> None:
    words = [str(environment(*packages)), "-c", script, str(exported), str(tmp_path / "again.zarr")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "read" in done.stdout

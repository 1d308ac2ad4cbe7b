#!/usr/bin/env bash
# anndata 0.12.19: an .h5ad that was written by h5py without anndata's attributes loses its cells' names on reading,
# and has another shape with backed="r".
#
# Programs that need no more than h5py write X and the dataset obs/index by themselves; one public fork of
# SubCellPortable does so for its embeddings, and documents `adata.obs_names` as the images' identifiers. anndata takes
# "index" for a common column: obs_names are '0', '1', '2', ... in every such file. Two files of the same cells, one
# per marker, whose order differs (several workers, one field left out) are then aligned by row number, as
# `a[b.obs_names]` and `anndata.concat` go by name, and each cell gets another cell's embedding; nothing fails, as the
# names match. Opened with backed="r" the same file has no columns at all: shape (n, 0), while X has them all.
# By Python's default filters there is no warning. After reading set `adata.obs_names = adata.obs["index"]`; who writes
# such a file needs all four attributes of obs (encoding-type, encoding-version, _index, column-order), or anndata itself;
# _index alone changes nothing.
#
# Seen 2026-11-29: anndata 0.12.19, pandas 2.3.3, h5py 3.16.0, numpy 2.4.6, Python 3.11 (0.12.6 gives the same):
#
#   names: ['0', '1', '2'] expected: ['B01_c3', 'B01_c7', 'B02_c1']
#   the second marker's value of B01_c3: 702.0 expected: 703.0
#   shape: (3, 4) backed: (3, 0) X of backed: (3, 4)
#   names with _index: ['0', '1', '2']
#   names with all four attributes: ['B01_c3', 'B01_c7', 'B02_c1']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check anndata==0.12.19 pandas==2.3.3 h5py==3.16.0 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version

import anndata
import h5py
import numpy as np

VALUES = {"B01_c3": 703.0, "B01_c7": 707.0, "B02_c1": 702.0}  # of the second marker, one per cell


def write(name, cells, **attributes):
    path = f"{sys.argv[1]}/{name}.h5ad"
    with h5py.File(path, "w") as file:
        file["X"] = np.array([[VALUES[cell]] * 4 for cell in cells], np.float32)
        file["obs/index"] = np.array(cells, "S")
        file["obs"].attrs.update(attributes)
    return path


cells = list(VALUES)
path = write("first", cells)
first = anndata.read_h5ad(path)
second = anndata.read_h5ad(write("second", cells[::-1]))
aligned = second[first.obs_names]
value = float(aligned.X[cells.index("B01_c3"), 0])
backed = anndata.read_h5ad(path, backed="r")
INDEX = {"_index": "index"}
DATAFRAME = {"encoding-type": "dataframe", "encoding-version": "0.2.0", "column-order": np.array([], "f8")}
seen = {
    "names": first.obs_names.tolist(),
    "value": value,
    "shapes": (first.shape, backed.shape, backed.X.shape),
    "with _index": anndata.read_h5ad(write("index", cells, **INDEX)).obs_names.tolist(),
    "with all four": anndata.read_h5ad(write("named", cells, **INDEX, **DATAFRAME)).obs_names.tolist(),
}
print("anndata", version("anndata"), "pandas", version("pandas"), "h5py", version("h5py"))
print("names:", seen["names"], "expected:", cells)
print("the second marker's value of B01_c3:", value, "expected:", VALUES["B01_c3"])
print("shape:", first.shape, "backed:", backed.shape, "X of backed:", backed.X.shape)
print("names with _index:", seen["with _index"])
print("names with all four attributes:", seen["with all four"])
as_described = {
    "names": ["0", "1", "2"],
    "value": 702.0,
    "shapes": ((3, 4), (3, 0), (3, 4)),
    "with _index": ["0", "1", "2"],
    "with all four": cells,
}
if seen != as_described:
    sys.exit(f"changed: expected {as_described}")
PYTHON
"$folder/venv/bin/python" "$folder/check.py" "$folder" 2> "$folder/log" || { cat "$folder/log" >&2; exit 1; }
if [ -s "$folder/log" ]; then echo "changed: a warning" >&2; cat "$folder/log" >&2; exit 1; fi

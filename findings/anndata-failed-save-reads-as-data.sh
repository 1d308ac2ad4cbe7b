#!/usr/bin/env bash
# anndata: an `AnnData.write_h5ad` that fails has already destroyed the file of that name, and what it leaves is read
# without a word as a table whose cells are called 0, 1, 2, ...
#
# The file is opened for writing, and so emptied, before anything is known to fit. X comes first, obs next. Where obs
# cannot be written there is an error, and the file stays: `read_h5ad` gives the right shape and the right X, row
# numbers in place of the cells' names, no obsm and no layers, and by Python's default filters no warning. The usual
# "read, add a column, write back" thus loses the only copy of the names. Two ways to come there:
#   - `pip install pandas==3.1.1 anndata` gives anndata 0.12.6, the newest that does not ask for pandas < 3; with this
#     pair no AnnData at all can be saved, not even one of numbers only, as the index is of the new string type
#     ("allow_write_nullable_strings is False");
#   - with any pair, a column of numbers and texts together, such as site numbers from two sources.
# Write to a new file beside the old one and rename it when done, keep pandas < 3 beside anndata 0.12 (or set
# anndata.settings.allow_write_nullable_strings), and take a file whose obs has no encoding-type as broken.
#
# Seen 2026-11-29, numpy 2.4.6, h5py 3.16.0, Python 3.11 (expected: the first file, or an error when reading):
#
#   anndata 0.12.6 pandas 3.1.1
#   numbers only: RuntimeError; read afterwards: ['0', '1', '2'] obsm []
#   mixed column: RuntimeError; read afterwards: ['0', '1', '2'] obsm []
#   anndata 0.12.19 pandas 2.3.3
#   numbers only: saved; read afterwards: ['B01_c3', 'B01_c7', 'B02_c1'] obsm ['X_umap']
#   mixed column: TypeError; read afterwards: ['0', '1', '2'] obsm []
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version

import anndata
import h5py
import numpy as np
import pandas as pd

path = sys.argv[1] + "/cells.h5ad"
NAMES = ["B01_c3", "B01_c7", "B02_c1"]
X = np.arange(6, dtype=np.float32).reshape(3, 2)


def write_first_file():
    """A file of three named cells, by h5py, as anndata writes it."""
    text = h5py.string_dtype()
    encoding = {"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"}
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        for group, names in (("obs", NAMES), ("var", ["f0", "f1"])):
            file.create_group(group).attrs.update({**encoding, "column-order": np.array([], "f8")})
            file[group].create_dataset("_index", data=names, dtype=text)
            file[group + "/_index"].attrs.update({"encoding-type": "string-array", "encoding-version": "0.2.0"})
        for group in ("obsm", "varm", "layers", "uns", "obsp", "varp"):
            file.create_group(group).attrs.update({"encoding-type": "dict", "encoding-version": "0.1.0"})
        for name in ("X", "obsm/X_umap"):
            file.create_dataset(name, data=X)
            file[name].attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})


seen = {}
print("anndata", version("anndata"), "pandas", version("pandas"))
for what, column in (("numbers only", [1.5, 2.5, 3.5]), ("mixed column", pd.array([1, "2", "2"], dtype=object))):
    write_first_file()
    cells = anndata.read_h5ad(path)
    assert cells.obs_names.tolist() == NAMES and list(cells.obsm) == ["X_umap"]
    cells.obs["site"] = column
    try:
        cells.write_h5ad(path)
        saved = "saved"
    except Exception as error:
        saved = type(error).__name__
    cells = anndata.read_h5ad(path)
    assert np.array_equal(cells.X, X)
    seen[what] = saved, cells.obs_names.tolist(), list(cells.obsm)
    print(f"{what}: {saved}; read afterwards: {seen[what][1]} obsm {seen[what][2]}")
whole = "saved", NAMES, ["X_umap"]
numbers = ["0", "1", "2"]  # expected: NAMES
expected = {
    "0.12.6": {"numbers only": ("RuntimeError", numbers, []), "mixed column": ("RuntimeError", numbers, [])},
    "0.12.19": {"numbers only": whole, "mixed column": ("TypeError", numbers, [])},
}
if seen != expected[version("anndata")]:
    sys.exit(f"changed: expected {expected[version('anndata')]}")
PYTHON
for pair in "0.12.6 3.1.1" "0.12.19 2.3.3"; do
    read -r anndata pandas <<< "$pair"
    python3 -m venv "$folder/$anndata"
    "$folder/$anndata/bin/pip" install --quiet --disable-pip-version-check "anndata==$anndata" "pandas==$pandas" \
        numpy==2.4.6 h5py==3.16.0
    "$folder/$anndata/bin/python" "$folder/check.py" "$folder" 2> "$folder/log" || { cat "$folder/log" >&2; exit 1; }
    if grep -q "encoding" "$folder/log"; then echo "changed: a warning" >&2; cat "$folder/log" >&2; exit 1; fi
done
echo "as described: a save that failed leaves a file that is read as cells 0, 1, 2"

#!/usr/bin/env bash
# scanpy 1.11.5: whether `sc.pp.neighbors(adata)` looks at X depends on how many columns X has.
#
# Up to 50 features the neighbours are those of X. From 51 on they are those of obsm["X_pca"] wherever it exists,
# whatever it was made of. A user who computed a PCA for a first plot, sees the plates in it, subtracts the plates'
# means from X and computes neighbours (then UMAP, Leiden) again gets the graph of the uncorrected data: every
# clustering shows plates, as if the correction had failed. With 50 or fewer features the same lines work, so a test
# on a small table does not find it. There is no warning, and uns["neighbors"]["params"] does not say what was used.
# The same holds for an "X_pca" of two columns that another program or a subset of the features left there.
# Pass use_rep="X", or delete obsm["X_pca"] whenever X changes.
#
# Seen 2026-11-29: scanpy 1.11.5, anndata 0.12.6, numpy 2.4.6, Python 3.11: share of neighbours from the same plate,
# of two plates with the same cells (expected after the correction: about one half).
#
#   features  before  corrected  corrected, use_rep="X"
#         50    1.00       0.51                    0.51
#         51    1.00       1.00                    0.48
#   warnings: []
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scanpy==1.11.5 anndata==0.12.6 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

import anndata
import numpy as np
import scanpy

rng = np.random.default_rng(0)
plate = np.repeat(np.arange(2), 300)


def share_of_same_plate(cells, **how):
    """Compute which part of all neighbours comes from the cell's own plate."""
    scanpy.pp.neighbors(cells, n_neighbors=10, **how)
    graph = cells.obsp["distances"].tocoo()
    return float((plate[graph.row] == plate[graph.col]).mean())


def shares(features):
    """Compute the share before the correction, after it, and after it with use_rep="X"."""
    x = rng.standard_normal((len(plate), features)).astype(np.float32)
    x[plate == 1] += 3  # the second plate was stained more strongly
    cells = anndata.AnnData(x)
    scanpy.pp.pca(cells, n_comps=20)
    before = share_of_same_plate(cells)
    for one in range(2):
        x[plate == one] -= x[plate == one].mean(axis=0)
    cells.X = x
    return before, share_of_same_plate(cells), share_of_same_plate(cells, use_rep="X")


seen = {}
print("scanpy", version("scanpy"), "anndata", version("anndata"))
print('features  before  corrected  corrected, use_rep="X"')
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for features in (50, 51):
        before, corrected, of_x = seen[features] = shares(features)
        print(f"{features:8}  {before:6.2f}  {corrected:9.2f}  {of_x:22.2f}")
said = sorted({str(warning.message) for warning in caught if "X_pca" in str(warning.message)})
print("warnings:", said)


def mixed(share):
    return 0.4 < share < 0.6


as_described = (
    all(before == 1 and mixed(of_x) for before, _, of_x in seen.values())
    and mixed(seen[50][1])
    and seen[51][1] == 1  # expected: about 0.5, as with 50 features
    and not said
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" "$folder/check.py"

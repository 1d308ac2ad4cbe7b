#!/usr/bin/env bash
# scimap 2.3.6: spatial_distance of cells in three dimensions leaves out the third one.
#
# The function is documented for two and for three dimensions, takes z_coordinate="Z_centroid" and says "Including
# Z -axis" while it runs. It puts z into its table, but builds the tree, and asks it, with x and y alone. The distances
# to the nearest cell of each type are those of the cells' shadows on the ground: a T cell that lies 30 um above a
# tumour cell is at distance 0, and in a thick section every cell seems to touch all types. The thicker the section,
# the more the distances are too short, which looks like an infiltrated tumour. The package's other tools
# (spatial_count, spatial_interaction, spatial_expression) do use z, so that a check of these does not find it. Nothing
# else is said; the same lines are in 2.4.1, which asks for Python 3.12. Take scipy.spatial.cKDTree per type.
#
# Seen 2026-12-01: scimap 2.3.6, scikit-learn 1.9.1, scipy 1.12.0, numpy 1.26.4, Python 3.11: 200 tumour cells and 200
# T cells at random in a section; mean distance of a tumour cell to the nearest T cell, expected by SciPy:
#
#   thickness   without z   with z   expected
#           0        17.8     17.8       17.8
#          50        17.8     17.8       23.5
#         200        17.8     17.8       35.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scimap==2.3.6 anndata==0.10.9 scanpy==1.11.5 \
    scikit-learn==1.9.1 pandas==2.3.3 scipy==1.12.0 numpy==1.26.4 numcodecs==0.13.1 dask==2023.12.1
cat > "$folder/check.py" <<'PYTHON'
import contextlib
import io
import sys
from importlib.metadata import version

import anndata
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

with contextlib.redirect_stdout(io.StringIO()):
    import scimap

COUNT = 200
rng = np.random.default_rng(0)
places = rng.uniform(0, 1, (2 * COUNT, 3))
tumour = np.arange(2 * COUNT) < COUNT


def measure(thickness):
    """Return the mean distance without and with z by scimap, that by SciPy, and what scimap says."""
    at = places * (500, 500, thickness)
    table = pd.DataFrame(at, columns=["X_centroid", "Y_centroid", "Z_centroid"])
    table["phenotype"] = pd.Categorical(np.where(tumour, "tumour", "T cell"))
    table["imageid"] = "section"
    table.index = [f"cell{number}" for number in range(len(table))]
    cells, said, means = anndata.AnnData(np.zeros((len(table), 1)), obs=table), io.StringIO(), []
    for z in (None, "Z_centroid"):
        with contextlib.redirect_stdout(said):
            found = scimap.tl.spatial_distance(cells, z_coordinate=z).uns["spatial_distance"]
        means.append(found.loc[tumour, "T cell"].mean())
    nearest, _ = cKDTree(at[~tumour]).query(at[tumour])
    return *means, nearest.mean(), said.getvalue()


names = ("scimap", "scikit-learn", "scipy", "numpy")
print(*(f"{name} {version(name)}" for name in names))
print("thickness   without z   with z   expected")
seen = {}
for thickness in (0, 50, 200):
    *seen[thickness], said = measure(thickness)
    print("{:9} {:11.1f} {:8.1f} {:10.1f}".format(thickness, *seen[thickness]))
    assert said.count("Including Z -axis") == 1, "z was asked for once"
flat = seen[0][2]
as_described = (
    all(np.allclose(distances[:2], flat) for distances in seen.values())  # expected: with z as in the last column
    and seen[50][2] > 1.2 * flat
    and seen[200][2] > 1.9 * flat
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W ignore::FutureWarning "$folder/check.py"

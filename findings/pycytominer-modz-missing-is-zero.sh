#!/usr/bin/env bash
# pycytominer 1.7.1: in a MODZ consensus a missing value is a measured 0, and a feature that is missing altogether is 0.
#
# consensus(operation="modz") weighs the replicates of a compound by how well they correlate, so that the weights add up
# to 1, and adds up their features. A replicate whose feature is missing (NaN: CellProfiler's texture, correlation and
# shape of tiny cells, or a feature that one plate lacks after plates were put together) adds nothing while its weight
# still counts, so the consensus is pulled to 0 by that share: of three equal replicates one third, of two one half.
# Where all replicates, or the only one, lack the feature, the consensus is exactly 0, which in profiles normalised to
# controls says "like the controls", and no later step that drops or fills missing features sees one. The operations
# "mean" and "median" of the same function leave missing values out, or keep them missing if there is no other. Nothing
# is warned of. Drop or fill missing values (feature_select with "drop_na_columns" and na_cutoff=0) before a consensus.
#
# Seen 2026-11-29: pycytominer 1.7.1, pandas 3.1.1, numpy 2.4.6, Python 3.11: a feature that is 6.0 in every replicate,
# but missing in one of three, one of two and the only one:
#
#   median  6.0  6.0  nan
#   mean    6.0  6.0  nan
#   modz    4.0  3.0  0.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pycytominer==1.7.1 pandas==3.1.1 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
from pycytominer import consensus

REPLICATES = {"compound a": 3, "compound b": 2, "compound c": 1}
rng = np.random.default_rng(0)
rows = []
for compound, count in REPLICATES.items():
    profile = {f"Cells_Texture_{number}": rng.normal(0, 3) for number in range(30)}
    for replicate in range(count):
        area = np.nan if replicate == 0 else 6.0
        noisy = {name: value + rng.normal(0, 0.01) for name, value in profile.items()}
        rows.append({"Metadata_compound": compound, **noisy, "Cells_AreaShape_Area": area})
profiles = pd.DataFrame(rows)
print("pycytominer", version("pycytominer"), "pandas", version("pandas"), "numpy", version("numpy"))
seen = {}
for operation in ("median", "mean", "modz"):
    table = consensus(profiles, replicate_columns=["Metadata_compound"], operation=operation)
    seen[operation] = table.set_index("Metadata_compound").loc[list(REPLICATES), "Cells_AreaShape_Area"].to_numpy()
    print(f"{operation:6}", *(f"{value:4.1f}" for value in seen[operation]))
as_described = (
    np.array_equal(seen["median"], [6, 6, np.nan], equal_nan=True)
    and np.array_equal(seen["mean"], [6, 6, np.nan], equal_nan=True)
    and np.allclose(seen["modz"], [4, 3, 0], atol=0.01)  # expected: 6 6 nan
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W error::UserWarning "$folder/check.py"

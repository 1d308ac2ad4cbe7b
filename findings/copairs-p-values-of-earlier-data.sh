#!/usr/bin/env bash
# copairs 0.5.5: with the same data, seed and versions, p-values depend on what was analysed before on this machine.
#
# `mean_average_precision` draws random scores for every pair of (number of replicates, number of all neighbours) and
# keeps them in ~/.copairs, in a file that is named after the two numbers, the seed and null_size. What it draws does
# not depend on these alone: the generator of a pair is seeded by the pair's place in the sorted list of all pairs of
# the table. A table that has compounds of 3 and of 4 replicates, one more plate, or one lost well has another list,
# and whoever runs second with a pair reads what the first one drew. So a published table is not repeated on a new
# machine or in a clean container by the same code with `seed=0`. With 1,000 draws, compounds near the threshold
# change sides. Two runs in a row agree (the second reads the first one's files), so that the usual check of a seed
# does not show it. Give cache_dir= an empty folder for every analysis, or delete ~/.copairs before it.
#
# Seen 2026-11-29: copairs 0.5.5, pandas 2.3.3, numpy 2.4.6, Python 3.11: 100 compounds of 4 replicates against 16
# controls, null_size 1,000, seed 0 (expected: three times the same):
#
#   empty folder:                       38 significant after FDR correction
#   another empty folder:               38, 0 p-values differ
#   after another table, same settings: 44, 87 p-values differ
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check copairs==0.5.5 pandas==2.3.3 numpy==2.4.6
cat > "$folder/table.py" <<'PYTHON'
"""Score the compounds of a made-up screen: table.py REPLICATES... (of the compounds in turn) COMPOUNDS OUTPUT."""

import sys

import numpy as np
import pandas as pd
from copairs.map import average_precision, mean_average_precision

*replicates, compounds = (int(argument) for argument in sys.argv[1:-1])
sizes = np.resize(replicates, compounds)
rng = np.random.default_rng(1)
effects = rng.standard_normal((compounds, 50)) / 2
names = np.repeat([f"compound {number}" for number in range(compounds)], sizes)
meta = pd.DataFrame({"compound": [*names, *["DMSO"] * 16]})
meta["kind"] = np.where(meta["compound"] == "DMSO", "control", "compound")
features = rng.standard_normal((len(meta), 50))
features[: len(names)] += np.repeat(effects, sizes, axis=0)
scores = average_precision(meta, features, ["compound"], [], [], ["kind"], progress_bar=False)
scores = scores[scores["kind"] == "compound"]
means = mean_average_precision(scores, ["compound"], null_size=1000, threshold=0.05, seed=0, progress_bar=False)
means.to_csv(sys.argv[-1])
PYTHON
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path

import pandas as pd

first, again, after = (pd.read_csv(Path(sys.argv[1], name)) for name in ("first.csv", "again.csv", "after.csv"))
assert (first["mean_average_precision"] == after["mean_average_precision"]).all(), "the scores are the same"


def describe(table):
    differ = int((table["p_value"] != first["p_value"]).sum())
    return int(table["below_corrected_p"].sum()), differ


print("copairs", version("copairs"), "pandas", version("pandas"), "numpy", version("numpy"))
print(f"empty folder:                       {describe(first)[0]} significant after FDR correction")
print("another empty folder:               {}, {} p-values differ".format(*describe(again)))
print("after another table, same settings: {}, {} p-values differ".format(*describe(after)))
as_described = (
    describe(again) == describe(first)
    and describe(after)[1] > 50  # expected: 0
    and describe(after)[0] != describe(first)[0]  # expected: the same
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
# HOME is where copairs keeps its files: each run gets a new one, but the last, which follows another table in one.
mkdir "$folder/one" "$folder/two" "$folder/three"
python="$folder/venv/bin/python"
HOME="$folder/one" "$python" "$folder/table.py" 4 100 "$folder/first.csv"
HOME="$folder/two" "$python" "$folder/table.py" 4 100 "$folder/again.csv"
HOME="$folder/three" "$python" "$folder/table.py" 3 4 20 "$folder/other.csv"
HOME="$folder/three" "$python" "$folder/table.py" 4 100 "$folder/after.csv"
"$python" "$folder/check.py" "$folder"

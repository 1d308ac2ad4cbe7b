#!/usr/bin/env bash
# coSMicQC 1.1.2: one missing value in a feature, and no cell of the whole table is an outlier.
#
# identify_outliers and label_outliers scale each feature to z-scores by scipy.stats.zscore, which gives NaN for all
# cells as soon as one value is missing, and compare these with the threshold: NaN is neither above nor below it, so
# that every cell is labelled as a good one. With several features in a condition, one such feature switches off the
# whole condition. CellProfiler leaves values empty for single cells now and then (textures and correlations of a cell
# that is too small or flat, a nucleus without a cell). A plate whose quality control found 2 % of debris has none after
# one more site was added, and a screen mixes plates that were cleaned with ones that were not. The third function,
# find_outliers, drops such cells and says so; it finds the debris in the very same table. The other two say nothing,
# and neither their docstrings nor the README mention missing values. Drop or fill them before:
# table.dropna(subset=list(thresholds)), and look out for a condition without any outlier.
#
# Seen 2026-12-01: coSMicQC 1.1.2, cytodataframe 0.3.6, pandas 2.3.3, scipy 1.17.1, numpy 2.4.6, Python 3.11: 1,000
# nuclei, of which 20 are clumps of three times the area (expected by numpy: 20 each time):
#
#   missing values   identify   label   label, two features   find   expected
#                0         20      20                    20     20         20
#                1          0       0                     0     20         20
#               10          0       0                     0     20         20
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cosmicqc==1.1.2 cytodataframe==0.3.6 pandas==2.3.3 \
    scipy==1.17.1 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import contextlib
import io
import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the import alone
    from cosmicqc.analyze import find_outliers, identify_outliers, label_outliers

AREA, SOLIDITY = "Nuclei_AreaShape_Area", "Nuclei_AreaShape_Solidity"
rng = np.random.default_rng(0)
clump = np.arange(1000) < 20
area = np.where(clump, 1200, rng.normal(400, 40, 1000))
solidity = np.where(clump, 0.7, rng.normal(0.95, 0.01, 1000))


def count(missing):
    """Return the numbers of outliers that each function finds, that expected, and what the first ones print."""
    table = pd.DataFrame({"Metadata_Well": "B02", AREA: area, SOLIDITY: solidity})
    table.loc[500 : 500 + missing - 1, AREA] = np.nan
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        identified = identify_outliers(table, {AREA: 2}).sum()
        labelled, both = (
            label_outliers(table, {"clump": thresholds})["Metadata_cqc_clump_is_outlier"].sum()
            for thresholds in ({AREA: 2}, {AREA: 2, SOLIDITY: -2})
        )
    with contextlib.redirect_stdout(io.StringIO()):  # it prints a summary
        found = len(find_outliers(table, ["Metadata_Well"], {AREA: 2}))
    known = table[AREA].dropna().to_numpy()
    expected = ((known - known.mean()) / known.std() > 2).sum()
    return [int(number) for number in (identified, labelled, both, found, expected)], said.getvalue()


names = ("cosmicqc", "cytodataframe", "pandas", "scipy", "numpy")
print(*(f"{name} {version(name)}" for name in names))
print("missing values   identify   label   label, two features   find   expected")
seen = {missing: count(missing) for missing in (0, 1, 10)}
for missing, (numbers, _) in seen.items():
    print("{:14} {:10} {:7} {:21} {:6} {:10}".format(missing, *numbers))
hidden = [0, 0, 0, 20, 20]  # expected: 20 20 20 20 20
as_described = [numbers for numbers, _ in seen.values()] == [[20] * 5, hidden, hidden]
as_described = as_described and not any(said for _, said in seen.values())
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" "$folder/check.py" 2> "$folder/log" || { cat "$folder/log" >&2; exit 1; }
if grep -i "warn" "$folder/log" >&2; then echo "changed: a warning" >&2; exit 1; fi

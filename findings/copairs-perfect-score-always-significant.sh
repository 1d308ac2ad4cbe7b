#!/usr/bin/env bash
# copairs 0.5.5: a perfect score always has the smallest p-value there is, whatever the chance of a perfect score.
#
# `mean_average_precision` ranks each replicate's neighbours and asks how often random ranks are better. It counts the
# random scores that are greater than the score, and not those that are equal (the usual p-value is the chance of a
# value at least as extreme). No score is greater than 1, so that two replicates which are each other's nearest
# neighbours have p = 1 / (null_size + 1), also against four controls, where chance does this to every tenth pair. A
# larger null_size makes it worse: p gets smaller with nothing else changed, and passes any correction for many tests.
# Other scores that the few possible ranks allow are below their chance in the same way. In a screen with two
# replicates and few controls per plate, pure noise thus gives compounds that are "significant after FDR correction".
# The project chose it so (its thread "AP of 1.0 should have min p-value"), but nothing in the result shows it. The
# per-profile copairs.map.average_precision.p_values counts equal scores, and says 0.2 of the same perfect scores.
# Compute the chance of a perfect score (one in number of controls + 1 for one replicate of a pair) and take no smaller
# p-value than it, or shuffle the labels.
#
# Seen 2026-11-29: copairs 0.5.5, pandas 2.3.3, numpy 2.4.6, Python 3.11: 200 compounds of two replicates, all profiles
# and controls drawn from one normal distribution, null_size 10,000 (expected: p of about the share of perfect scores,
# and no compound that is significant):
#
#   controls  perfect scores  their share  their p  corrected  significant at 0.05  their profiles' p by p_values
#          4              22        0.110   0.0001     0.0009                   22               0.1947
#          8              11        0.055   0.0001     0.0018                   11               0.1121
#         16               4        0.020   0.0001     0.0050                    4               0.0576
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check copairs==0.5.5 pandas==2.3.3 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
from copairs.map import average_precision, mean_average_precision
from copairs.map.average_precision import p_values

COMPOUNDS, NULL_SIZE = 200, 10_000
CHANCE = {4: 1 / 5, 8: 1 / 9, 16: 1 / 17}


def score(controls):
    """Return the scores of the compounds' profiles and of the compounds, of noise only."""
    compounds = np.repeat([f"compound {number}" for number in range(COMPOUNDS)], 2)
    meta = pd.DataFrame({"compound": [*compounds, *["DMSO"] * controls]})
    meta["kind"] = np.where(meta["compound"] == "DMSO", "control", "compound")
    features = np.random.default_rng(0).standard_normal((len(meta), 50))
    profiles = average_precision(meta, features, ["compound"], [], [], ["kind"], progress_bar=False)
    profiles["p_value"] = p_values(profiles, NULL_SIZE, seed=0, progress_bar=False)
    profiles = profiles[profiles["kind"] == "compound"]
    return profiles, mean_average_precision(profiles, ["compound"], NULL_SIZE, 0.05, 0, progress_bar=False)


print("copairs", version("copairs"), "pandas", version("pandas"), "numpy", version("numpy"))
print("controls  perfect scores  their share  their p  corrected  significant at 0.05  their profiles' p by p_values")
as_described = True
for controls, chance in CHANCE.items():
    profiles, compounds = score(controls)
    perfect = compounds[compounds["mean_average_precision"] == 1]
    by_profile = profiles.loc[profiles["compound"].isin(perfect["compound"]), "p_value"]
    print(
        f"{controls:8} {len(perfect):15} {len(perfect) / COMPOUNDS:12.3f} {perfect['p_value'].max():8.4f}"
        f" {perfect['corrected_p_value'].max():10.4f} {compounds['below_corrected_p'].sum():20}"
        f" {by_profile.min():20.4f}"
    )
    as_described &= (
        len(perfect) > 0
        and (perfect["p_value"] == 1 / (NULL_SIZE + 1)).all()  # expected: about their share
        and compounds["below_corrected_p"].sum() >= len(perfect)  # expected: 0, as all is noise
        and abs(by_profile.min() - chance) < 0.02
    )
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
# copairs keeps what it drew in ~/.copairs, across versions; see copairs-p-values-of-earlier-data.sh.
HOME="$folder" "$folder/venv/bin/python" "$folder/check.py"

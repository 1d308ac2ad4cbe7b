#!/usr/bin/env bash
# scimap 2.3.6: spatial_interaction(pval_method="abs") has large p-values for strong interactions, and small ones for
# none.
#
# The tool counts the neighbours of each pair of cell types, and shuffles the types for comparison. With "abs" the
# column pvalue_<image> is the difference between the count and the mean of the shuffled ones, divided by the number of
# permutations plus one. That is not a probability: it grows with the strength of the interaction and with the number of
# cells, goes beyond 1, and becomes ten times smaller with ten times as many permutations. Two cell types that are mixed
# at random are significant with 1,000 permutations, the default number, and two that keep completely apart are not. The
# plots hide pairs whose value is above 0.05, so that they show what is due to chance, and hide the interactions. In the
# documentation "abs" is one of two methods for p-values, "for absolute difference", and its first example uses it.
# Nothing is said about it; the same lines are in 2.4.1, which asks for Python 3.12. "zscore", the default, is a
# probability (of shuffled pairs of cells, not of shuffled cells, and so smaller than that expected here).
#
# Seen 2026-12-01: scimap 2.3.6, scipy 1.12.0, numpy 1.26.4, Python 3.11: 400 cells of two types; p-value of one type
# being the other's neighbour (the last digits are other ones each time), expected by numpy from 999 permutations:
#
#   types             permutations   abs     zscore   expected
#   mixed at random            100   0.168    0.216      0.587
#   mixed at random           1000   0.017    0.266      0.602
#   left and right             100   8.318    0.000      0.001
#   left and right            1000   0.840    0.000      0.001
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

COUNT, NEAREST = 400, 10  # scimap counts the cell itself as one of these
rng = np.random.default_rng(6)
places = rng.uniform(0, 600, (COUNT, 2))
TYPES = {
    "mixed at random": rng.permutation(np.arange(COUNT) < COUNT // 2),
    "left and right": places[:, 0] < 300,
}
neighbours = cKDTree(places).query(places, k=NEAREST)[1][:, 1:]


def score(types, method, permutations):
    """Return scimap's p-value of a cell of the first type with one of the second as its neighbour."""
    table = pd.DataFrame(places, columns=["X_centroid", "Y_centroid"])
    table["phenotype"] = pd.Categorical(np.where(types, "A", "B"))
    table["imageid"] = "field"
    table.index = [f"cell{number}" for number in range(COUNT)]
    cells = scimap.tl.spatial_interaction(
        anndata.AnnData(np.zeros((COUNT, 1)), obs=table),
        method="knn",
        knn=NEAREST,
        permutation=permutations,
        pval_method=method,
        verbose=False,
    )
    found = cells.uns["spatial_interaction"].set_index(["phenotype", "neighbour_phenotype"])
    return float(found.loc[("A", "B"), "pvalue_field"])


def expect(types):
    """Return the share of permutations that are at least as far from the mean as the observed count."""

    def count(types):
        return (~types[neighbours[types]]).sum()

    shuffled = np.array([count(rng.permutation(types)) for _ in range(999)])
    extreme = abs(shuffled - shuffled.mean()) >= abs(count(types) - shuffled.mean())
    return (1 + extreme.sum()) / 1000


print(*(f"{name} {version(name)}" for name in ("scimap", "scipy", "numpy")))
print("types             permutations   abs     zscore   expected")
seen = {}
for name, types in TYPES.items():
    for permutations in (100, 1000):
        row = [score(types, method, permutations) for method in ("abs", "zscore")] + [expect(types)]
        seen[name, permutations] = row
        print("{:15} {:14} {:7.3f} {:8.3f} {:10.3f}".format(name, permutations, *row))
(mixed, _, _), (mixed_more, _, chance), (apart, _, _), (apart_more, _, certain) = seen.values()
as_described = (
    apart > 1
    and apart_more > 0.5  # expected: about 0.001
    and mixed_more < 0.05  # expected: above 0.1
    and mixed / mixed_more > 5  # expected: about 1
    and chance > 0.1
    and certain < 0.01
    and all(zscore > 0.05 for (name, _), (_, zscore, _) in seen.items() if name == "mixed at random")
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W ignore::FutureWarning "$folder/check.py"

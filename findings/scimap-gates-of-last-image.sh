#!/usr/bin/env bash
# scimap 2.3.6: rescale(method="by_image") gives all images the gates of the last one.
#
# rescale scales each marker so that 0.5 is the border between negative and positive cells, and phenotype_cells goes by
# that. method="by_image" is documented to fit the border for each image separately, against differences in staining.
# It does fit one for each image, and then puts them into the table by the marker's name alone, where the last image
# overwrites the ones before. An image whose stain is weaker than that of the last one loses its positive cells, and in
# one with a stronger stain all cells are positive; the same image has other cell types when the images come in another
# order, or when one is added. With images of like brightness the fault is small, and with one image there is none.
# Nothing is said about it, although adata.uns["gates"] shows the same number in all columns; the same lines are in
# 2.4.1, which asks for Python 3.12. Call rescale for each image alone, and join the results.
#
# Seen 2026-12-01: scimap 2.3.6, anndata 0.10.9, scikit-learn 1.9.1, numpy 1.26.4, Python 3.11: two images of 500 cells,
# of which 150 are bright, and the second is stained 20 times as strongly: gate of each image, and its positive cells:
#
#   each image alone:   weak  317, 150 cells   strong 6256, 150 cells
#   weak, then strong:  weak 6256,   1 cells   strong 6256, 150 cells
#   strong, then weak:  weak  317, 150 cells   strong  317, 499 cells
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

with contextlib.redirect_stdout(io.StringIO()):
    import scimap

COUNT, BRIGHT = 500, 150
rng = np.random.default_rng(0)
middle = np.where(np.arange(COUNT) < BRIGHT, 1000, 100)
IMAGES = {name: middle * rng.lognormal(0, 0.2, COUNT) * scale for name, scale in (("weak", 1), ("strong", 20))}


def rescale(*names):
    """Return the gate of each image and the number of its positive cells, from a table of these images."""
    images = np.repeat(names, COUNT)
    cells = anndata.AnnData(
        np.concatenate([IMAGES[name] for name in names])[:, None],
        obs=pd.DataFrame({"imageid": images}, index=[f"cell{number}" for number in range(len(images))]),
        var=pd.DataFrame(index=["CD8"]),
    )
    cells = scimap.pp.rescale(cells, method="by_image", gmm_components=2, verbose=False)
    positive = np.asarray(cells.X).ravel() > 0.5
    gates = np.expm1(cells.uns["gates"].loc["CD8"])
    return {name: (round(float(gates[name])), int(positive[images == name].sum())) for name in names}


names = ("scimap", "anndata", "scikit-learn", "numpy")
print(*(f"{name} {version(name)}" for name in names))
seen = {
    "each image alone": rescale("weak") | rescale("strong"),
    "weak, then strong": rescale("weak", "strong"),
    "strong, then weak": rescale("strong", "weak"),
}
for case, found in seen.items():
    shown = "   ".join("{} {:4}, {:3} cells".format(name, *found[name]) for name in ("weak", "strong"))
    print(f"{case + ':':19} {shown}")
alone, first, second = seen.values()
as_described = (
    all(abs(count - BRIGHT) <= 3 for _, count in alone.values())  # the cells at the gate itself have 0.5
    and alone["strong"][0] > 15 * alone["weak"][0]
    and first["weak"][0] == first["strong"][0] == alone["strong"][0]  # expected: as alone
    and second["weak"][0] == second["strong"][0] == alone["weak"][0]  # expected: as alone
    and first["weak"][1] < 10
    and second["strong"][1] > COUNT - 10
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W ignore::FutureWarning "$folder/check.py"

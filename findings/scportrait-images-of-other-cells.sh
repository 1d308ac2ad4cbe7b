#!/usr/bin/env bash
# scPortrait 1.8.0: `get_image_with_cellid` gives the images of other cells once the table was sorted or filtered.
#
# An .h5sc file is read as an AnnData table with a cell ID per row and the cells' images in obsm. The function is asked
# for IDs, looks up the row's name in obs and takes this for the row's place. The two agree in the table as it was
# read, whose rows are named 0, 1, 2, ...; AnnData keeps the names when rows are taken, and puts the images in the new
# order. So in a table that was sorted by a score every ID gets the image of the cell that now stands where its own
# stood, and so do, after a filter or a draw of some cells, those whose old place still exists; only a place past the
# end is an error. The images have the right shape and show cells, so that nothing looks wrong: the gallery of the cells
# with the highest score (scPortrait's plots take their images by this function) shows other ones. get_image_index is
# wrong in the same way, and so is a selection that was saved by write_h5sc and read again. After each selection name
# the rows anew: `cells.obs_names = [str(row) for row in range(cells.n_obs)]`.
#
# Seen 2026-11-29: scPortrait 1.8.0, anndata 0.12.19, h5py 3.16.0, numpy 2.4.6, Python 3.11: images whose brightness is
# the cell's ID (expected: in each line the IDs that were asked for):
#
#   as read:             asked for [11, 12, 13, 14, 15, 16], got [11, 12, 13, 14, 15, 16]
#   sorted by score:     asked for [13, 11, 15, 16, 14, 12], got [15, 13, 14, 12, 16, 11]
#   score above 2:       asked for [11, 13, 15, 16], got [11, 15, None, None]
#   sorted, saved, read: asked for [13, 11, 15, 16, 14, 12], got [15, 13, 14, 12, 16, 11]
#   rows named anew:     asked for [13, 11, 15, 16, 14, 12], got [13, 11, 15, 16, 14, 12]
#   (None: an IndexError)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps scportrait==1.8.0
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check spatialdata==0.7.3 anndata==0.12.19 pandas==2.3.3 \
    h5py==3.16.0 numpy==2.4.6 2> /dev/null
cat > "$folder/check.py" <<'PYTHON'
import importlib.util
import sys
import types
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

# The packages' __init__ files import torch, cellpose and more; the modules that are tried here need none of these.
HOME = Path(importlib.util.find_spec("scportrait").submodule_search_locations[0])
for name in ("", ".io", ".pipeline", ".pipeline._utils", ".tools", ".tools.sdata", ".tools.sdata.write"):
    package = types.ModuleType("scportrait" + name)
    package.__path__ = [str(HOME.joinpath(*name.split(".")[1:]))]
    sys.modules[package.__name__] = package
from scportrait.io.h5sc import numpy_to_h5sc, read_h5sc, write_h5sc
from scportrait.tools.h5sc import get_image_with_cellid

IDS = np.arange(11, 17)
SCORES = {"score": [5, 1, 6, 2, 4, 3]}
folder = Path(sys.argv[1])
images = np.broadcast_to((IDS / 100).reshape(-1, 1, 1, 1), (len(IDS), 1, 8, 8))
numpy_to_h5sc(["cell"], ["protein"], np.ones_like(images), images, folder / "cells.h5sc", IDS, pd.DataFrame(SCORES))
cells = read_h5sc(folder / "cells.h5sc")


def describe(table):
    """Return the IDs that are asked for, and those of the images that come."""
    asked = [int(number) for number in table.obs["scportrait_cell_id"]]
    shown = []
    for number in asked:
        try:
            shown.append(round(100 * float(get_image_with_cellid(table, number, select_channel=1).mean())))
        except IndexError:
            shown.append(None)
    return asked, shown


print("scportrait", version("scportrait"), "anndata", version("anndata"), "h5py", version("h5py"))
by_score = cells[cells.obs.sort_values("score", ascending=False).index].copy()
write_h5sc(by_score, folder / "sorted.h5sc")
TABLES = {
    "as read": cells,
    "sorted by score": by_score,
    "score above 2": cells[cells.obs["score"] > 2],
    "sorted, saved, read": read_h5sc(folder / "sorted.h5sc"),
}
seen = {}
for name, table in TABLES.items():
    asked, shown = seen[name] = describe(table)
    print(f"{name + ':':20} asked for {asked}, got {shown}")
by_score.obs_names = [str(row) for row in range(by_score.n_obs)]
mended = describe(by_score)
print(f"{'rows named anew:':20} asked for {mended[0]}, got {mended[1]}")
wrong = {name: [one != other for one, other in zip(*pair, strict=True)] for name, pair in seen.items()}
as_described = (
    not any(wrong["as read"])
    and mended[0] == mended[1]
    and sorted(seen["sorted by score"][1]) == IDS.tolist()  # no error, all of them images of cells
    and sum(wrong["sorted by score"]) >= 4  # expected: 0, here and below
    and sum(wrong["sorted, saved, read"]) >= 4
    and None in seen["score above 2"][1]
    and sum(wrong["score above 2"]) > seen["score above 2"][1].count(None)
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/check.py" "$folder"

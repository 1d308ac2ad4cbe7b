#!/usr/bin/env bash
# squidpy 1.8.2: one cell outline that covers no pixel, and every cell of the table gets the features of another one.
#
# squidpy.experimental.im.calculate_image_features takes cells as outlines (shapes_key=...), draws them into a label
# image, numbered 1, 2, 3, ... by their place, and measures that. If as many cells were measured as there are outlines,
# the rows are named by the index of the outlines. If not, label_id, the column that ties a row to its cell, holds the
# numbers of the label image. An outline's index is 0, 1, 2, ... by default, so that each row is now tied to the cell
# after its own. It takes one outline of thousands without a pixel: a sliver that a segmenter left between pixel
# centres, a cell beyond the edge of a cropped image, or one that others cover. SpatialData's joins then put the
# brightness of each cell beside the outline of the next, and all values are plausible. Nothing is warned of, and the
# check that the table fits the outlines passes. The same holds for every index of numbers but 1, 2, 3, ..., which is
# therefore the way around it: set outlines.index = range(1, len(outlines) + 1) before; or drop the outlines that cover
# no pixel, and compare the table's length with theirs.
#
# Seen 2026-11-29: squidpy 1.8.2, spatialdata 0.7.3, numpy 2.4.6, Python 3.11 (and by hand squidpy 1.8.3, spatialdata
# 0.8.0, Python 3.12): brightness of six cells in the image, and as joined with their outlines by SpatialData:
#
#   all outlines cover pixels:   image 10 20 30 40 50 60, table 10 20 30 40 50 60
#   a sliver of 0.6 px is first: image 10 20 30 40 50 60, table  - 10 20 30 40 50
#   a cell beyond the edge, too: image 10 20 30 40 50 60, table  - 10 20 30 40 50
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check squidpy==1.8.2 spatialdata==0.7.3 anndata==0.12.19 \
    dask==2026.1.1 xarray==2026.9.0 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import logging
import sys
import warnings
from importlib.metadata import version

import geopandas
import numpy as np
import spatialdata
from shapely.geometry import Point
from spatialdata.models import Image2DModel, ShapesModel

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the import alone
    import squidpy

logging.disable(logging.INFO)
PLACES = [(60, 60), (180, 60), (300, 60), (60, 180), (180, 180), (300, 180)]
rows, columns = np.mgrid[:240, :360]
IMAGE = np.zeros(rows.shape, np.float32)
for number, (x, y) in enumerate(PLACES, start=1):
    IMAGE[np.hypot(rows - y, columns - x) < 40] = 10 * number


def measure(before):
    """Measure the six cells and an outline before them; return the brightness that is joined to each of the six."""
    circles = [(*before, 0.3)] if before else []
    circles += [(x, y, 30) for x, y in PLACES]
    outlines = geopandas.GeoDataFrame(
        {"radius": [radius for *_, radius in circles]}, geometry=[Point(x, y) for x, y, _ in circles]
    )
    data = spatialdata.SpatialData(
        images={"stain": Image2DModel.parse(IMAGE[None], dims=("c", "y", "x"))},
        shapes={"cells": ShapesModel.parse(outlines)},
    )
    squidpy.experimental.im.calculate_image_features(
        data, image_key="stain", shapes_key="cells", features=["squidpy:summary"]
    )
    elements, table = spatialdata.join_spatialelement_table(
        sdata=data, spatial_element_names="cells", table_name="morphology", how="inner"
    )
    bright = np.asarray(table[:, "summary_mean_0"].X).ravel()
    found = {(shape.x, shape.y): round(float(value)) for shape, value in zip(elements["cells"].geometry, bright)}
    return [found.get(place, "-") for place in PLACES]


CASES = {
    "all outlines cover pixels:": None,
    "a sliver of 0.6 px is first:": (60.5, 60.5),
    "a cell beyond the edge, too:": (420, 60),
}
print("squidpy", version("squidpy"), "spatialdata", version("spatialdata"), "numpy", version("numpy"))
seen = []
for name, before in CASES.items():
    seen.append(measure(before))
    there = [int(IMAGE[y, x]) for x, y in PLACES]
    print(f"{name:28} image", *there, "table", *(f"{value:>2}" for value in seen[-1]))
moved = ["-", 10, 20, 30, 40, 50]
as_described = seen == [[10, 20, 30, 40, 50, 60], moved, moved]
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" "$folder/check.py" 2> "$folder/log" || { cat "$folder/log" >&2; exit 1; }
if grep "Warning" "$folder/log" | grep -v "/geopandas/" >&2; then echo "changed: a warning" >&2; exit 1; fi

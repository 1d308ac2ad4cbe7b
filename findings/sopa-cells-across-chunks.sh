#!/usr/bin/env bash
# sopa 2.2.11: the stain of a cell that lies across two chunks of the image is measured under a mask at the wrong place.
#
# aggregate_channels (also behind sopa.aggregate) goes through the chunks of the image, and draws the outline of each
# cell into the part of its box that is in the chunk. Where the cell starts in the chunk before, to the left or above,
# that part starts at the chunk's edge, but the mask is drawn as if it started at the cell's own edge: the left part of
# the outline covers the right part of the cell. Corners of the cell's box are measured, and its middle is left out: a
# nuclear stain and a membrane stain both get weaker by 10 to 30 % in these cells, and the smallest value
# (mode="min") becomes that of the background. Cells in one chunk are right, and so is a test on a small image. sopa's
# readers make chunks of 1,024 x 1,024 px, so that of cells of 40 px 8 % are affected, in a grid over the slide; the
# same image in other chunks gives other values. A cell that is cut by the image's left or upper edge, whose outline
# goes beyond it, is measured in the same wrong way. Nothing is warned of. Give the image one chunk
# (image.chunk({"y": -1, "x": -1})) if it fits into memory, and clip the outlines to the image before.
#
# Seen 2026-11-29: sopa 2.2.11, spatialdata 0.7.3, dask 2026.1.1, numpy 2.4.6, Python 3.11: 169 cells of 30 px with a
# nucleus and a membrane, some of them across the chunks of 200 x 200 px, compared with the same image in one chunk:
#
#   144 cells in one chunk: nucleus  0 %, membrane  0 %
#   25 cells across chunks: nucleus -13 % (-29 to -10), membrane -16 % (-21 to -12)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sopa==2.2.11 spatialdata==0.7.3 anndata==0.12.19 \
    dask==2026.1.1 xarray==2026.9.0 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

import dask.array
import geopandas
import numpy as np
import spatialdata
from shapely.geometry import Point
from spatialdata.models import Image2DModel, ShapesModel

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the import alone
    from sopa.aggregation import aggregate_channels

SIZE, CHUNK, RADIUS = 600, 200, 15
rng = np.random.default_rng(0)
grid = range(20, SIZE - 20, 45)
places = [(y + rng.uniform(-4, 4), x + rng.uniform(-4, 4)) for y in grid for x in grid]
rows, columns = np.mgrid[:SIZE, :SIZE]
image = np.zeros((2, SIZE, SIZE), np.uint16)
for y, x in places:
    distance = np.hypot(rows - y, columns - x)
    image[0][distance < 7] = 2000
    image[1][(distance >= 11) & (distance < RADIUS)] = 1000
outlines = geopandas.GeoDataFrame(geometry=[Point(x, y).buffer(RADIUS) for y, x in places])


def measure(chunk):
    """Measure the mean of both stains in each cell, from an image in square chunks."""
    stains = dask.array.from_array(image, chunks=(2, chunk, chunk))
    data = spatialdata.SpatialData(
        images={"stains": Image2DModel.parse(stains, dims=("c", "y", "x"), c_coords=["nucleus", "membrane"])},
        shapes={"cells": ShapesModel.parse(outlines)},
    )
    return np.asarray(aggregate_channels(data, image_key="stains", shapes_key="cells").X)


whole, parts = measure(SIZE), measure(CHUNK)
truth = [[plane[np.hypot(rows - y, columns - x) < RADIUS].mean() for plane in image] for y, x in places]
assert np.allclose(whole, truth, rtol=0.02), "in one chunk the means are right"
change = 100 * (parts / whole - 1)
across = np.array([any((at - RADIUS) // CHUNK != (at + RADIUS) // CHUNK for at in place) for place in places])
low, middle, high = (function(change[across], axis=0) for function in (np.min, np.median, np.max))
print("sopa", version("sopa"), "spatialdata", version("spatialdata"), "dask", version("dask"))
print(f"{(~across).sum()} cells in one chunk: nucleus {change[~across, 0].mean():2.0f} %,", end=" ")
print(f"membrane {change[~across, 1].mean():2.0f} %")
print(f"{across.sum()} cells across chunks:", end=" ")
shown = (f"{name} {middle[n]:.0f} % ({low[n]:.0f} to {high[n]:.0f})" for n, name in enumerate(("nucleus", "membrane")))
print(*shown, sep=", ")
as_described = not change[~across].any() and (high < -5).all() and (low < -15).all()  # expected: 0
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" "$folder/check.py" 2> "$folder/log" || { cat "$folder/log" >&2; exit 1; }
if grep "Warning" "$folder/log" | grep -v "/geopandas/" >&2; then echo "changed: a warning" >&2; exit 1; fi

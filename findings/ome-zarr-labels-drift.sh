#!/usr/bin/env bash
# Label images that ome-zarr writes drift against their image: at each smaller level, by up to half a pixel of that level.
#
# write_image makes the levels of an image of means of 2 x 2 pixels, and write_labels those of a label image of one of
# the four, always the upper left: labels[::2, ::2], then the same of that. The metadata of both say that a level lies
# in the middle of what it covers (translation 0.5, 1.5, 3.5 ... px), which holds for the means alone. A label of level
# n is that of a place (2**n - 1) / 2 px further up and left: at level 4 7.5 px, 0.6 um of a 63x objective. Outlines in
# a viewer that is zoomed out lie beside the cells, and what is measured on smaller levels (mean intensities, the
# overlap of nuclei and stain) is measured at the wrong place, more so at each level. Nothing says so, and the full
# size is right, so a look at one cell does not show it. SpatialData 0.7.3 makes its label levels by the same
# function, with the same drift. Whoever measures on smaller levels should make the labels of the full size smaller
# oneself, taking the pixel next to the middle of each block.
#
# Seen 2026-11-29: ome-zarr 0.18.0, zarr 3.1.6, numpy 2.4.6, Python 3.11: mean distance of 20 discs of radius 150 px
# in the label image from the same discs in the image (y, x), in px of the level:
#
#   level   labels - image    translation in the metadata of both, px
#       1     -0.22 -0.22     0.5
#       2     -0.38 -0.38     1.5
#       3     -0.42 -0.46     3.5
#       4     -0.46 -0.48     7.5
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ome-zarr==0.18.0 zarr==3.1.6 numcodecs==0.16.6 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import pathlib
import sys
from importlib.metadata import version

import numpy as np
import zarr
from ome_zarr.writer import write_image, write_labels

ROOT = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(0)
rows, columns = np.mgrid[:512, :512]


def middle(mask):
    """Compute the mean place of a mask, in its pixels."""
    return np.argwhere(mask).mean(axis=0)


drift = {}
for number in range(20):
    y, x = rng.uniform(200, 300, 2)
    labels = (np.hypot(rows - y, columns - x) < 150.3).astype(np.uint16)
    group = zarr.open_group(str(ROOT / f"{number}.zarr"), mode="w")
    write_image((labels * 200).astype(np.uint8), group, axes="yx")
    write_labels(labels, group, name="cells", axes="yx")
    described = [where.attrs["ome"]["multiscales"][0]["datasets"] for where in (group, group["labels/cells"])]
    for level, (of_image, of_labels) in enumerate(zip(*described)):
        transforms = of_image["coordinateTransformations"]
        assert transforms == of_labels["coordinateTransformations"]
        image, label = group[of_image["path"]][:], group["labels/cells"][of_labels["path"]][:]
        drift.setdefault(level, []).append((middle(label > 0) - middle(image >= 100), transforms[1]["translation"][0]))
print("ome-zarr", version("ome-zarr"), "zarr", version("zarr"))
print("level   labels - image    translation in the metadata of both, px")
means = {}
for level, seen in drift.items():
    means[level] = np.mean([shift for shift, _ in seen], axis=0)
    print(f"{level:5} {means[level][0]:9.2f} {means[level][1]:5.2f}     {seen[0][1]}")
as_described = (
    (means[0] == 0).all()
    and (means[1] < -0.15).all()
    and (means[4] < -0.4).all()  # expected: about 0 at each level
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/check.py" "$folder"

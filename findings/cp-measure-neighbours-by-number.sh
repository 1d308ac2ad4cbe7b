#!/usr/bin/env bash
# cp_measure 0.3.0: the nearest neighbour of every cell is the cell itself, and cells that do not touch have none.
#
# measureobjectneighbors takes two label images, objects and possible neighbours; for the neighbours among cells its
# maintainer advises to pass the same image twice. It follows one of CellProfiler's two ways for some columns and the
# other way for the rest:
#   - FirstClosestObjectNumber is the object itself (the nearest in the second image), and the nearest neighbour stands
#     in SecondClosestObjectNumber; FirstClosestDistance and SecondClosestDistance leave the object itself out. So the
#     first number and the first distance of a row belong to different cells, and so do the second ones;
#   - with the default method, documented as growing the objects until they meet, NumberOfNeighbors is 0 for every cell
#     that does not touch another one already, although PercentTouching of the same row is not: only the first image
#     was grown;
#   - "Within a specified distance", documented as growing all objects by the distance, grows one of the two only.
# With two kinds of objects, such as cells and the organelles in them, FirstClosestDistance passes over the nearest one,
# and NumberOfNeighbors leaves out the one that happens to have the cell's own number, so that the count depends on how
# the organelles are numbered. All values are plausible, and nothing is warned of. The distances are right where one
# image is passed twice; take the rest from a k-d tree of the centroids and from scikit-image's expand_labels.
#
# Seen 2026-11-29: cp_measure 0.3.0, centrosome 1.3.4, scikit-image 0.26.0, numpy 2.4.6, Python 3.11: three round cells
# in a row, their middles 40 and 60 px apart:
#
#   cells, default method:        neighbours 0 0 0 (expected: 1 2 1), although 34 68 28 % of the outline touch others
#   numbers of the nearest ones:  1 2 3 (expected: 2 1 2), of the second 2 1 2 (expected: 3 3 1)
#   within 8 px, 11 px apart:     neighbours 0 0 0 (expected: 1 1 0)
#   cells, organelle inside each: nearest at 40 40 60 px (expected: 0 0 0)
#   organelles numbered 1 2 3:    neighbours within 5 px: 0 0 0 (expected: 1 1 1)
#   organelles numbered 3 1 2:    neighbours within 5 px: 1 1 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cp_measure==0.3.0 centrosome==1.3.4 mahotas==1.4.19 \
    scikit-image==0.26.0 scipy==1.17.1 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from cp_measure.bulk import get_multimask_measurements

measure = get_multimask_measurements()["neighbors"]
PLACES = [(50, 30), (50, 70), (50, 130)]
rows, columns = np.mgrid[:100, :180]


def draw(radius, numbers):
    """A label image of a disc at each place."""
    labels = np.zeros(rows.shape, np.int32)
    for (y, x), number in zip(PLACES, numbers):
        labels[np.hypot(rows - y, columns - x) < radius] = number
    return labels


def column(answer, name):
    (values,) = [values for key, values in answer.items() if name in key]
    return np.asarray(values).round().astype(int).tolist()


cells = draw(15, [1, 2, 3])
among, within = measure(cells, cells), measure(cells, cells, "Within a specified distance", 8)
first, other = (
    measure(cells, draw(4, numbers), "Within a specified distance", 5) for numbers in ([1, 2, 3], [3, 1, 2])
)
print("cp_measure", version("cp_measure"), "scikit-image", version("scikit-image"), "numpy", version("numpy"))
touching = column(among, "PercentTouching")
nearest, second = column(among, "FirstClosestObjectNumber"), column(among, "SecondClosestObjectNumber")
distances = column(first, "FirstClosestDistance")
counts = [column(answer, "NumberOfNeighbors") for answer in (among, within, first, other)]
print("cells, default method:        neighbours", *counts[0], "(expected: 1 2 1), although", *touching, "% touch")
print("numbers of the nearest ones: ", *nearest, "(expected: 2 1 2), of the second", *second, "(expected: 3 3 1)")
print("within 8 px, 11 px apart:     neighbours", *counts[1], "(expected: 1 1 0)")
print("cells, organelle inside each: nearest at", *distances, "px (expected: 0 0 0)")
print("organelles numbered 1 2 3:    neighbours within 5 px:", *counts[2], "(expected: 1 1 1)")
print("organelles numbered 3 1 2:    neighbours within 5 px:", *counts[3])
as_described = (
    counts == [[0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 1, 1]]
    and min(touching) > 0
    and (nearest, second) == ([1, 2, 3], [2, 1, 2])
    and distances == [40, 40, 60]
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W error::UserWarning "$folder/check.py"

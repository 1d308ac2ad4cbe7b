#!/usr/bin/env bash
# miseval 1.3.0: by the boundary distance a dot in the middle of a cell is better than the cell's exact outline.
#
# "BD" is the distance of the segmentation's boundary to that of the reference, by default the mean of Euclidean
# distances. It is the mean over all pairs of a point of the one outline and a point of the other, also of those on
# opposite sides of the cell, where a boundary's distance is that to the nearest point. A perfect outline thus has the
# mean distance of two points of the cell's own outline, 25 px for a disc of radius 20, and every outline that lies
# inside is closer: the smaller a prediction, the better its score, and the best one is a single pixel. A prediction
# that is moved by 5 px is only 2 % worse than the perfect one. With many cells in the image most pairs belong to
# different cells, and the value is about the same for all segmenters. The other ways of pooling do not help: "amax" is
# the cell's diameter for a perfect outline, and "amin" is 0 wherever two outlines cross. Values are plausible, and
# nothing is warned of. Take the distance to the nearest point, such as by scipy.ndimage.distance_transform_edt.
#
# Seen 2026-12-01: miseval 1.3.0, dictances 1.5.3, scikit-image 0.26.0, numpy 2.4.6, Python 3.11: a disc of radius 20 px
# and predictions of it; expected by numpy: mean distance to the nearest point, in both directions:
#
#                           BD  amin   amax   expected
#   the same             25.37   0.0   40.8       0.00
#   1 px smaller         24.78   0.7   39.8       0.93
#   half the radius      21.17   9.4   30.7       9.82
#   a dot in the middle  19.93  19.0   20.9      19.24
#   moved by 5 px        25.88   0.0   45.6       3.03
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check miseval==1.3.0 hausdorff==0.2.6 dictances==1.5.3 \
    numba==0.68.1 scikit-learn==1.9.1 scikit-image==0.26.0 scipy==1.17.1 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from miseval import evaluate
from skimage.measure import find_contours

rows, columns = np.mgrid[:80, :80]


def disc(radius, right=0):
    return (np.hypot(rows - 40, columns - 40 - right) < radius).astype(int)


def expect(mask, other):
    """Return the mean distance of each outline's points to the nearest one of the other, in both directions."""
    points, others = (np.concatenate(find_contours(each, 0.5)) for each in (mask, other))
    distances = np.linalg.norm(points[:, None] - others, axis=-1)
    return (distances.min(axis=0).mean() + distances.min(axis=1).mean()) / 2


CASES = {
    "the same": disc(20),
    "1 px smaller": disc(19),
    "half the radius": disc(10),
    "a dot in the middle": disc(1),
    "moved by 5 px": disc(20, right=5),
}
print("miseval", version("miseval"), "dictances", version("dictances"), "scikit-image", version("scikit-image"))
print(f"{'':24} BD  amin   amax   expected")
seen, expected = [], []
for name, prediction in CASES.items():
    seen.append([float(evaluate(disc(20), prediction, "BD", pooling=how)) for how in ("mean", "amin", "amax")])
    expected.append(expect(disc(20), prediction))
    print(f"{name:20} {seen[-1][0]:5.2f} {seen[-1][1]:5.1f} {seen[-1][2]:6.1f} {expected[-1]:10.2f}")
means = [mean for mean, _, _ in seen]
as_described = (
    means[0] > means[1] > means[2] > means[3]  # expected: the other way round, and 0 for the first
    and expected[0] == 0 < expected[1] < expected[2] < expected[3]
    and abs(means[0] - 4 * 20 / np.pi) < 0.5  # the mean distance of two points of a circle of that radius
    and means[4] / means[0] < 1.03
    and seen[0][2] > 40
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W error::UserWarning -W error::RuntimeWarning "$folder/check.py"

#!/usr/bin/env bash
# miseval 1.3.0: the Hausdorff distance of a cell that is predicted at another height is 0.
#
# "HD" hands both masks as they are to the package hausdorff, whose input is a list of points, one per row. So each row
# of the image is taken for a single point with as many coordinates as the image has columns, and the result is the
# largest distance of a row to the row of the other mask that is most like it, wherever that one is. Nothing of it is a
# length in pixels: a prediction that is moved up or down has the same rows and is at distance 0, however far it is off;
# one that is moved sideways is at the square root of the number of pixels that differ in one row, no matter whether it
# is 19 or 40 px off; turned by 90 degrees, the same pair has another distance. All classes of a segmentation with
# several ones have one and the same value. Values are small and plausible for every segmenter (0 to 6 px here), so that
# the worst one looks as good as the best. Nothing is warned of. "AHD", listed as the average Hausdorff distance, is the
# largest distance, and so the ordinary Hausdorff distance; take that, and no average from either.
#
# Seen 2026-12-01: miseval 1.3.0, hausdorff 0.2.6, scipy 1.17.1, numpy 2.4.6, Python 3.11: a disc of radius 15 px and
# other ones; expected by SciPy from the coordinates of the pixels:
#
#                             HD    AHD   expected
#   the same               0.000   0.00       0.00
#   10 px lower            0.000  10.00      10.00
#   19 px lower            0.000  19.00      19.00
#   1 px to the right      1.414   1.00       1.00
#   19 px to the right     5.385  19.00      19.00
#   40 px to the right     5.385  40.00      40.00
#   both of these          5.385  44.28      44.28
#   radius 5 in place of 15 4.472  10.63      10.63
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
from scipy.spatial.distance import directed_hausdorff

rows, columns = np.mgrid[:80, :100]


def disc(down=0, right=0, radius=15):
    return (np.hypot(rows - 30 - down, columns - 40 - right) < radius).astype(int)


def expect(mask, other):
    """Return the Hausdorff distance of the masks' pixels."""
    points, others = np.argwhere(mask), np.argwhere(other)
    return max(directed_hausdorff(points, others)[0], directed_hausdorff(others, points)[0])


CASES = {
    "the same": disc(),
    "10 px lower": disc(down=10),
    "19 px lower": disc(down=19),
    "1 px to the right": disc(right=1),
    "19 px to the right": disc(right=19),
    "40 px to the right": disc(right=40),
    "both of these": disc(down=19, right=40),
    "radius 5 in place of 15": disc(radius=5),
}
print("miseval", version("miseval"), "hausdorff", version("hausdorff"), "scipy", version("scipy"))
print(f"{'':26} HD    AHD   expected")
seen, right = {}, True
for name, prediction in CASES.items():
    seen[name], largest = (float(evaluate(disc(), prediction, metric)) for metric in ("HD", "AHD"))
    right &= np.isclose(largest, expect(disc(), prediction))
    print(f"{name:23} {seen[name]:5.3f} {largest:6.2f} {expect(disc(), prediction):10.2f}")
as_described = (
    right
    and seen["10 px lower"] == seen["19 px lower"] == 0  # expected: 10 and 19
    and seen["19 px to the right"] == seen["40 px to the right"] == seen["both of these"] < 6
    and np.isclose(seen["1 px to the right"], np.sqrt(2))
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W error::UserWarning -W error::RuntimeWarning "$folder/check.py"

#!/usr/bin/env bash
# cp_measure 0.3.0: precision and F-factor of a segmentation stay 1 however many cells it invents.
#
# measureobjectoverlap compares a reference (first) with a segmentation to be tested (second). It goes through the
# objects of the second image and counts one that overlaps nothing in the reference as a false negative, not as a false
# positive; the part of an object that lies outside of the reference is not counted at all. Recall is divided by the
# area of the reference, so it is not touched. A segmenter that reports dust, or that draws every nucleus too large, has
# the same precision, recall, F-factor and rate of false positives as a perfect one, although the documentation gives
# the usual formulas; whoever chooses a threshold by the F-factor ends at the lowest one. The true positive rate and the
# recall, one number by these formulas, differ: the former is 1 for a segmentation that misses cells, as its missed
# cells are not counted. CellProfiler's module MeasureObjectOverlap, where the code comes from, counts in the same way.
# Compute pixel scores by (labels > 0), and object scores by matched labels; the two Rand indices here are sound.
#
# Seen 2026-11-29: cp_measure 0.3.0, centrosome 1.3.4, scikit-image 0.26.0, numpy 2.4.6, Python 3.11: four cells in the
# reference; expected scores are those of the documented formulas for pixels:
#
#                        precision  expected  F-factor  expected  true positive rate  expected
#   the same cells            1.00      1.00      1.00      1.00                1.00      1.00
#   8 invented ones, too      1.00      0.33      1.00      0.50                0.33      1.00
#   twice the area            1.00      0.50      1.00      0.67                1.00      1.00
#   half of the cells         1.00      1.00      0.67      0.67                1.00      0.50
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

measure = get_multimask_measurements()["overlap"]


def draw(count, height=10):
    """A label image of cells 10 px wide, eight to a row of the image."""
    labels = np.zeros((80, 200), np.int32)
    for number in range(count):
        y, x = 10 + 30 * (number // 8), 5 + 24 * (number % 8)
        labels[y : y + height, x : x + 10] = number + 1
    return labels


def expect(reference, tested):
    """Compute precision, F1 and true positive rate of the foreground."""
    both = np.sum((reference > 0) & (tested > 0))
    precision, recall = both / np.sum(tested > 0), both / np.sum(reference > 0)
    return precision, 2 * precision * recall / (precision + recall), recall


reference = draw(4)
TESTED = {
    "the same cells": draw(4),
    "8 invented ones, too": draw(12),
    "twice the area": draw(4, height=20),
    "half of the cells": draw(2),
}
print("cp_measure", version("cp_measure"), "scikit-image", version("scikit-image"), "numpy", version("numpy"))
print(" " * 20, "precision  expected  F-factor  expected  true positive rate  expected")
seen = {}
for name, tested in TESTED.items():
    answer = measure(reference, tested)
    scores = [answer[f"Overlap_{score}"] for score in ("Precision", "Ffactor", "TruePosRate")]
    expected = expect(reference, tested)
    seen[name] = [round(float(score), 2) for score in scores]
    row = [value for pair in zip(scores, expected) for value in pair]
    print("{:20} {:9.2f} {:9.2f} {:9.2f} {:9.2f} {:19.2f} {:9.2f}".format(name, *row))
as_described = list(seen.values()) == [[1, 1, 1], [1, 1, 0.33], [1, 1, 1], [1, 0.67, 1]]
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W error::UserWarning "$folder/check.py"

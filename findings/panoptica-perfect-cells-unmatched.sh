#!/usr/bin/env bash
# panoptica 2.1.7: MaxBipartiteMatching by a distance leaves perfect cells unmatched, and prefers the farthest ones.
#
# A matcher takes any metric and a threshold: IoU and Dice, or distances such as ASSD, HD and CEDI (of the centres), for
# which the evaluator asks for a score below the threshold. MaxBipartiteMatching then makes a cost of every pair that
# passed, 1 - score, which is right for an overlap. By a distance the smallest cost is the largest distance: where two
# predictions pass (a cell and a sliver that was split off it), the worse one is matched, and IoU, Dice and panoptic
# quality are those of slivers. And only a cost below 1 counts as a match, so that a pair at distance 0 is a false
# positive and a false negative. A segmentation that equals the reference has recognition and panoptic quality 0, one
# that is moved by 2 px gets full marks, and the more cells a better model gets exactly right, the lower its score.
# Nothing is warned of. NaiveThresholdMatching is right with all metrics, as is this matcher with IoU and Dice.
#
# Seen 2026-11-30: panoptica 2.1.7, numpy 2.2.6, scipy 1.17.1, Python 3.11: eight round cells, matched by the distance
# of their centres below 20 px (ASSD and HD give the same): pairs found, their mean IoU (SQ) and panoptic quality (PQ):
#
#                          naive: pairs    SQ    PQ   bipartite: pairs    SQ    PQ
#   the same cells                    8  1.00  1.00                  0     -  0.00
#   every second moved 2 px           8  0.90  0.90                  4  0.81  0.40
#   all moved 2 px                    8  0.81  0.81                  8  0.81  0.81
#   a sliver split off each           8  0.83  0.56                  8  0.17  0.11
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check panoptica==2.1.7 scipy==1.17.1 numpy==2.2.6
cat > "$folder/check.py" <<'PYTHON'
import math
import sys
from importlib.metadata import version

import numpy as np
from panoptica import InputType, MaxBipartiteMatching, Metric, NaiveThresholdMatching, Panoptica_Evaluator

rows, columns = np.mgrid[:90, :200]
CENTRES = [(22 + 45 * (number // 4), 25 + 48 * (number % 4)) for number in range(8)]


def draw(*shifts):
    """A label image of the cells, radius 12 px, moved to the right by so many pixels in turn."""
    labels = np.zeros(rows.shape, np.uint16)
    for number, (y, x) in enumerate(CENTRES):
        labels[np.hypot(rows - y, columns - x - shifts[number % len(shifts)]) < 12] = number + 1
    return labels


def split(labels):
    """Give the left end of each cell a number of its own."""
    left = np.array([0, *(x - 6 for _, x in CENTRES)])[labels]
    return np.where((labels > 0) & (columns < left), labels + len(CENTRES), labels).astype(labels.dtype)


def evaluate(matcher, metric, threshold, prediction):
    """Return the number of matched pairs, their mean IoU and the panoptic quality."""
    evaluator = Panoptica_Evaluator(
        expected_input=InputType.UNMATCHED_INSTANCE,
        instance_matcher=matcher(matching_metric=metric, matching_threshold=threshold),
        instance_metrics=[Metric.IOU],
    )
    result = evaluator.evaluate(prediction, draw(0), verbose=False)["ungrouped"]
    return result.tp, float(result.sq) if result.tp else math.nan, float(result.pq)


PREDICTIONS = {
    "the same cells": draw(0),
    "every second moved 2 px": draw(0, 2),
    "all moved 2 px": draw(2),
    "a sliver split off each": split(draw(0)),
}
DISTANCES = (Metric.CEDI, Metric.ASSD, Metric.HD)
seen = {}
for name, prediction in PREDICTIONS.items():
    naive = evaluate(NaiveThresholdMatching, Metric.CEDI, 20.0, prediction)
    assert naive == evaluate(MaxBipartiteMatching, Metric.IOU, 0.1, prediction), "right by IoU"
    found = {evaluate(MaxBipartiteMatching, metric, 20.0, prediction)[::2] for metric in DISTANCES}
    assert len(found) == 1, "the three distances give the same"
    seen[name] = naive, evaluate(MaxBipartiteMatching, Metric.CEDI, 20.0, prediction)
print("panoptica", version("panoptica"), "scipy", version("scipy"), "numpy", version("numpy"))
print(" " * 23, "naive: pairs    SQ    PQ   bipartite: pairs    SQ    PQ")
for name, (naive, bipartite) in seen.items():
    row = "{:23} {:12} {:5.2f} {:5.2f} {:18} {:5.2f} {:5.2f}".format(name, *naive, *bipartite)
    print(row.replace("  nan", "    -"))
pairs = {name: bipartite[0] for name, (_, bipartite) in seen.items()}
naive, bipartite = seen["a sliver split off each"]
as_described = (
    all(naive[0] == 8 for naive, _ in seen.values())
    and list(pairs.values()) == [0, 4, 8, 8]  # expected: 8 8 8 8
    and naive[1] > 0.8
    and bipartite[1] < 0.2  # expected: as naive
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W error "$folder/check.py"

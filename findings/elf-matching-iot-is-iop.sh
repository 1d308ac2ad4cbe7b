#!/usr/bin/env bash
# python-elf 0.9.2 and bioimage_py 0.2.2: the matching criteria "iot" and "iop" are each other.
#
# `matching` (elf.evaluation, bioimage_py.evaluation) pairs the cells of a segmentation with those of the reference by
# the intersection over the union ("iou"), over the true cell ("iot") or over the predicted one ("iop"). The formulas
# are those of StarDist, where a row of the table of overlaps is a true cell; here a row is a predicted one, and the
# names were not changed. So "iot" divides by the predicted cell: specks inside the cells, an eighth of their area, all
# count as found, precision and recall are 1, and a cell whose prediction is larger than itself is missed. "iop" divides
# by the true cell: one object that covers the whole image has precision 1. Who uses "iot" for cells that the network
# may make too large, or "iop" for a reference that marks more than the stain shows, gets the opposite of what was asked
# for, and prefers the worse model. "iou" is the same either way, so that a usual test does not find it. Nothing is
# warned of, and the order of the arguments is not a matter of choice: passing them the other way exchanges precision
# and recall. Ask for the other criterion.
#
# Seen 2026-12-01: python-elf 0.9.2, bioimage_py 0.2.2 (the same numbers), bioimage_cpp 0.10.0, numpy 2.4.6, Python
# 3.11: nine square cells and three segmentations of them, at a threshold of 0.5; expected by numpy:
#
#   segmentation            criterion  precision  recall   expected: precision  recall
#   specks inside cells     iou             0.00    0.00                  0.00    0.00
#   specks inside cells     iot             1.00    1.00                  0.00    0.00
#   specks inside cells     iop             0.00    0.00                  1.00    1.00
#   cells, 8 px too large   iou             0.00    0.00                  0.00    0.00
#   cells, 8 px too large   iot             0.00    0.00                  1.00    1.00
#   cells, 8 px too large   iop             1.00    1.00                  0.00    0.00
#   one for the whole image iou             0.00    0.00                  0.00    0.00
#   one for the whole image iot             0.00    0.00                  1.00    0.11
#   one for the whole image iop             1.00    0.11                  0.00    0.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-elf==0.9.2 bioimage_py==0.2.2 \
    bioimage-cpp==0.10.0 scikit-image==0.26.0 scipy==1.17.1 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version

import bioimage_py.evaluation
import elf.evaluation
import numpy as np

PLACES = [(20 + 40 * (number // 3), 20 + 40 * (number % 3)) for number in range(9)]


def squares(half):
    """A label image of nine squares with the given half width."""
    labels = np.zeros((120, 120), np.uint32)
    for number, (y, x) in enumerate(PLACES, start=1):
        labels[y - half : y + half, x - half : x + half] = number
    return labels


def expect(segmentation, reference, criterion):
    """Count the pairs above 0.5; no cell has two such partners in these images but the one that covers them all."""
    found, true = (np.unique(labels[labels > 0]) for labels in (segmentation, reference))
    partners = set()
    for one in found:
        for other in true:
            predicted, actual = segmentation == one, reference == other
            area = {"iou": (predicted | actual).sum(), "iot": actual.sum(), "iop": predicted.sum()}[criterion]
            if (predicted & actual).sum() / area >= 0.5:
                partners.add((one, other))
    pairs = min(len({one for one, _ in partners}), len({other for _, other in partners}))
    return pairs / len(found), pairs / len(true)


reference = squares(11)
SEGMENTATIONS = {
    "specks inside cells": squares(4),
    "cells, 8 px too large": squares(19),
    "one for the whole image": np.ones_like(reference),
}
print(*(f"{name} {version(name)}" for name in ("python-elf", "bioimage_py", "bioimage-cpp", "numpy")))
print("segmentation            criterion  precision  recall   expected: precision  recall")
seen, expected = {}, {}
for name, segmentation in SEGMENTATIONS.items():
    for criterion in ("iou", "iot", "iop"):
        key = name, criterion
        scores, others = (
            package.evaluation.matching(segmentation, reference, threshold=0.5, criterion=criterion)
            for package in (elf, bioimage_py)
        )
        assert scores == others, "the two packages agree"
        seen[key], expected[key] = (scores["precision"], scores["recall"]), expect(segmentation, reference, criterion)
        print("{:23} {:9} {:10.2f} {:7.2f} {:21.2f} {:7.2f}".format(*key, *seen[key], *expected[key]))
as_described = all(
    np.allclose(seen[name, "iou"], expected[name, "iou"])
    and np.allclose(seen[name, "iot"], expected[name, "iop"])  # expected: iot
    and np.allclose(seen[name, "iop"], expected[name, "iot"])  # expected: iop
    and not np.allclose(expected[name, "iot"], expected[name, "iop"])
    for name in SEGMENTATIONS
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" -W error::UserWarning -W error::RuntimeWarning "$folder/check.py"

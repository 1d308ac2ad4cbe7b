#!/usr/bin/env bash
# cellpose 4.2.1.1: where the second plane of a stack is empty, `stitch3D` gives cells above and below it one number.
#
# stitch3D (also behind `model.eval(stack, stitch_threshold=...)` and --stitch_threshold) joins cells of neighbouring
# planes that overlap, and numbers new cells upwards from the largest number so far. It forgets that number at an empty
# plane as long as no two neighbouring planes had cells: the plane after it keeps its own numbers, 1, 2, 3, ...
# Dust or a floating cell in the first plane and nothing in the second (or one plane out of focus) then gives a dust
# speck and a cell, at different places and planes, one label: volume, position and intensity are those of both
# together, and the number of cells is too small by those in the first plane. With empty planes between all others
# (every second slice lost) every cell of every plane shares its number. An empty plane further down does no harm, and
# nothing is logged. Leave out what comes before the last empty plane at the stack's head, or look for labels that miss
# a plane between their first and last one.
#
# Seen 2026-11-29: cellpose 4.2.1.1, numpy 2.4.6, scipy 1.17.1, Python 3.11: two cells and, elsewhere, three other ones:
#
#   cells, empty, others, others:        labels 1 2 | - | 1 2 3 | 1 2 3: 3 objects
#   cells, cells, empty, others, others: labels 1 2 | 1 2 | - | 3 4 5 | 3 4 5: 5 objects
#   cells, empty, others, empty, cells:  labels 1 2 | - | 1 2 3 | - | 1 2: 3 objects
#   (expected: 5, 5 and 7 objects)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cellpose==4.2.1.1 torch==2.13.0 numpy==2.4.6 \
    scipy==1.17.1 opencv-python-headless==5.0.0.93
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from cellpose.utils import stitch3D


def plane(*places):
    """A plane with cells of 20 x 20 px, numbered from 1 as cellpose numbers them."""
    labels = np.zeros((128, 128), np.uint16)
    for number, (y, x) in enumerate(places, start=1):
        labels[y : y + 20, x : x + 20] = number
    return labels


PLANES = {
    "cells": plane((5, 5), (5, 90)),
    "others": plane((50, 50), (90, 5), (90, 90)),
    "empty": plane(),
}
STACKS = {
    "cells, empty, others, others": 5,
    "cells, cells, empty, others, others": 5,
    "cells, empty, others, empty, cells": 7,
}
seen = {}
print("cellpose", version("cellpose"), "numpy", version("numpy"), "scipy", version("scipy"))
for names in STACKS:
    stitched = stitch3D(np.stack([PLANES[name] for name in names.split(", ")]), stitch_threshold=0.25)
    labels = [[int(label) for label in np.unique(labels) if label] for labels in stitched]
    seen[names] = len(set().union(*labels))
    shown = " | ".join(" ".join(map(str, numbers)) or "-" for numbers in labels)
    print(f"{names + ':':36} labels {shown}: {seen[names]} objects")
print("expected:", *STACKS.values(), "objects")
as_described = list(seen.values()) == [3, 5, 3]
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" "$folder/check.py" 2> "$folder/log" || { cat "$folder/log" >&2; exit 1; }
if grep -qi "warn" "$folder/log"; then echo "changed: a warning" >&2; cat "$folder/log" >&2; exit 1; fi

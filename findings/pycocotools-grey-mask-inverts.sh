#!/usr/bin/env bash
# pycocotools 2.0.11: `mask.encode` of an array with more than one non-zero value encodes another mask.
#
# Run lengths of a mask alternate between background and object. The encoder starts a new run wherever the value
# differs from the one before, without asking whether it is zero: with two non-zero values side by side, background
# and object change places from there to the next change in the column. It takes every uint8 array without an error,
# so that these go through:
#   - a label image: of two cells that touch, one is lost in every column of pixels, and the background below them
#     becomes object in every other one (even the area may agree, as it does here);
#   - a mask of 0 and 255 that was resized with interpolation, whose edges are grey: an object with ragged holes;
#   - one label for cell bodies and another for nuclei: a cell with a hole.
# In an HPA submission or a COCO evaluation these are valid strings of wrong masks; only the score is low. int32 and
# float arrays do end in an error, and the usual answer to it is astype(np.uint8). Encode
# np.asfortranarray(mask == label), or mask > threshold, never the mask itself; bool is taken as it is.
#
# Seen 2026-11-29: pycocotools 2.0.11, Pillow 13.0.0, numpy 2.4.6, Python 3.11, x86-64 (expected: area as in numpy
# and overlap 1, or an error):
#
#   0 and 255              area in numpy 1245, encoded 1245, overlap 1.0
#   resized, grey edges    area in numpy 5296, encoded 4656, overlap 0.88
#   resized > 127          area in numpy 4980, encoded 4980, overlap 1.0
#   cell 1, nucleus 2      area in numpy 1245, encoded 940, overlap 0.76
#   touching cells 1 and 2 area in numpy 1024, encoded 1024, overlap 0.33
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pycocotools==2.0.11 pillow==13.0.0 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from PIL import Image
from pycocotools import mask as coco

y, x = np.mgrid[:64, :64]
cell = ((y - 32) ** 2 + (x - 32) ** 2 < 20**2).astype(np.uint8)
nucleus = ((y - 32) ** 2 + (x - 32) ** 2 < 10**2).astype(np.uint8)
touching = np.zeros((64, 64), np.uint8)
touching[8:24, 16:48] = 1
touching[24:40, 16:48] = 2
resized = np.asarray(Image.fromarray(cell * 255).resize((128, 128), Image.Resampling.BILINEAR))
MASKS = {
    "0 and 255": cell * 255,
    "resized, grey edges": resized,
    "resized > 127": (resized > 127).astype(np.uint8),
    "cell 1, nucleus 2": cell + nucleus,
    "touching cells 1 and 2": touching,
}
seen = {}
print("pycocotools", version("pycocotools"))
for name, mask in MASKS.items():
    run_lengths = coco.encode(np.asfortranarray(mask))
    decoded, expected = coco.decode(run_lengths) > 0, mask > 0
    overlap = float((decoded & expected).sum() / (decoded | expected).sum())
    seen[name] = int(expected.sum()), int(coco.area(run_lengths)), round(overlap, 2)
    print(f"{name:22} area in numpy {seen[name][0]}, encoded {seen[name][1]}, overlap {seen[name][2]}")
as_described = {
    "0 and 255": (1245, 1245, 1.0),
    "resized, grey edges": (5296, 4656, 0.88),  # expected: (5296, 5296, 1.0)
    "resized > 127": (4980, 4980, 1.0),
    "cell 1, nucleus 2": (1245, 940, 0.76),  # expected: (1245, 1245, 1.0)
    "touching cells 1 and 2": (1024, 1024, 0.33),  # expected: (1024, 1024, 1.0)
}
if seen != as_described:
    sys.exit(f"changed: expected {as_described}")
print("as described: masks with more than one non-zero value are encoded as other masks")
PYTHON
"$folder/venv/bin/python" "$folder/check.py"

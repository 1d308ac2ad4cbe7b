#!/usr/bin/env bash
# torchmetrics 1.9.0: in an image that is wider than high the Hausdorff distance is that of other pixels.
#
# HausdorffDistance and hausdorff_distance compute the distance of each pixel to the other mask's edge, and put these
# distances into an image row by row, but with the image's height in place of its width as the length of a row. In a
# square image this is right, and a high one is an IndexError. In a wide one the distances stand at wrong places, and
# the ones that are read at the mask's edge are those of pixels elsewhere: a prediction that equals the target is 14 or
# 32 px away from it, and one that is 5 px off is as far as one that is 3 px off. Two columns more than rows suffice,
# as have most microscopes' cameras and slide scans. Nothing is warned of, and the values are plausible. The project's
# thread about the IndexError says that wide images work. Pad the masks to a square, where the distance is right.
#
# Seen 2026-11-30: torchmetrics 1.9.0, torch 2.13.0, numpy 2.4.6, Python 3.11: a disc of radius 8 px in an image 64 px
# high, compared with itself and with one 3 px to the right; expected by the distances of all pairs of pixels:
#
#   width   itself  expected  padded   3 px away  expected  padded
#      64      0.0         0       0         3.0         3       3
#      66     14.3         0       0        17.3         3       3
#      96     32.0         0       0        34.4         3       3
#     128     27.3         0       0        27.9         3       3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torchmetrics==1.9.0 torch==2.13.0 scipy==1.17.1 \
    numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

import numpy as np
import torch
from scipy.spatial.distance import cdist
from torchmetrics.segmentation import HausdorffDistance

warnings.simplefilter("error")  # nothing below warns
HEIGHT = 64


def disc(width, y, x):
    rows, columns = np.mgrid[:HEIGHT, :width]
    return np.hypot(rows - y, columns - x) < 8


def pad(mask):
    side = max(mask.shape)
    return np.pad(mask, [(0, side - length) for length in mask.shape])


def measure(*masks):
    metric = HausdorffDistance(num_classes=1, include_background=True)
    metric.update(*(torch.from_numpy(mask)[None, None] for mask in masks))
    return float(metric.compute())


def expect(*masks):
    distances = cdist(*(np.argwhere(mask) for mask in masks))
    return max(distances.min(axis=0).max(), distances.min(axis=1).max())


print("torchmetrics", version("torchmetrics"), "torch", version("torch"), "numpy", version("numpy"))
print("width   itself  expected  padded   3 px away  expected  padded")
as_described = True
for width in (64, 66, 96, 128):
    row = []
    for shift in (0, 3):
        masks = disc(width, 30, 30 + shift), disc(width, 30, 30)
        found, expected, padded = measure(*masks), expect(*masks), measure(*map(pad, masks))
        as_described &= expected == padded == shift
        as_described &= found == shift if width == HEIGHT else found > shift + 10  # expected: the shift
        row += [found, expected, padded]
    print("{:5} {:8.1f} {:9.0f} {:7.0f} {:11.1f} {:9.0f} {:7.0f}".format(width, *row))
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" "$folder/check.py"

#!/usr/bin/env bash
# basicpy 2.0.0: after its correction of a time series the background still bleaches, and every mode is the same one.
#
# BaSiC.fit gives the flat field and `baseline`, the brightness of the background in each frame; both are right. But
# transform(images, is_timelapse=True), which is to subtract that baseline, subtracts one that it estimates anew, from
# the darkest tenth of each frame's pixels before the flat field is divided out. In a shaded image these are its
# corners, so that the baseline is too low by a share of the background: 6 % where the corners have half of the middle's
# light. The rest bleaches as the background did, and counts as signal of every cell. In an even image the fault is
# small, and a look at the flat field shows nothing. Further:
#   - is_timelapse="additive" is documented as another model (the cells do not pass through the flat field) than True
#     and "multiplicative". The string is never read: all three give the same pixels, and so does any other one;
#   - frames=[...], "frames to use for transformation", is never read either: all frames are transformed.
# Nothing is warned of. Pass a mask of the background to transform as fitting_weight, or subtract by hand:
# (images - basic.darkfield) / basic.flatfield - basic.baseline[:, None, None], and for the additive model
# images - basic.darkfield - basic.flatfield * basic.baseline[:, None, None].
#
# Seen 2026-11-30: basicpy 2.0.0, torch 2.14.1, numpy 1.26.4, Python 3.11: 40 frames, a background that bleaches from
# 1,200 to 577, cells of 300 at other places in each frame (expected: background 0 in all frames; cells in the corners
# and in the middle 300 with the additive model):
#
#   the fitted baseline is off by 0.1 at most
#   background, is_timelapse=True:           70.9   29.2   (first and last frame)
#   background, by hand:                     -0.1   -0.0
#   background, with a mask:                 -0.0    0.0
#   "multiplicative", "additive", "no such mode" and frames=[0, 1] equal to True: True True True True
#   "additive" and a mask: cells in the corners 398, in the middle 233
#   additive by hand: cells in the corners 300, in the middle 300
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check basicpy==2.0.0 torch==2.14.1 numpy==1.26.4
cat > "$folder/check.py" <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

import numpy as np
import torch
from basicpy import BaSiC

warnings.simplefilter("error")  # nothing below warns
FRAMES, SIZE, CELL = 40, 128, 300
rng = np.random.default_rng(0)
rows, columns = np.mgrid[:SIZE, :SIZE]
from_middle = np.hypot(rows - (SIZE - 1) / 2, columns - (SIZE - 1) / 2) / (SIZE / 2**0.5)
shading = 1.4 - 0.8 * from_middle
shading /= shading.mean()
background = 1000 * np.exp(-np.arange(FRAMES) / 40) + 200
cells = np.zeros((FRAMES, SIZE, SIZE), bool)
for frame in cells:
    for y, x in rng.uniform(6, SIZE - 6, (6, 2)):
        frame |= np.hypot(rows - y, columns - x) < 6
noise = rng.normal(0, 3, cells.shape)
light = background[:, None, None] * shading


def show(what, corrected, places):
    """Print the median over places of the first and of the last frame, and return both."""
    values = [np.median(corrected[frame][places[frame]]) for frame in (0, -1)]
    print(f"{what:38}", *(f"{value:6.1f}" for value in values))
    return values


print("basicpy", version("basicpy"), "torch", version("torch"), "numpy", version("numpy"))
images = (light + CELL * cells * shading + noise).astype(np.float32)
basic = BaSiC()
basic.fit(images)
by_hand = (images - basic.darkfield) / basic.flatfield - basic.baseline[:, None, None]
true, multiplicative, additive, nonsense, frames = (
    basic.transform(images, use_tqdm=False, **how)
    for how in (
        {"is_timelapse": True},
        {"is_timelapse": "multiplicative"},
        {"is_timelapse": "additive"},
        {"is_timelapse": "no such mode"},
        {"is_timelapse": True, "frames": [0, 1]},
    )
)
masked = basic.transform(images, (~cells).astype(np.float32), is_timelapse=True, use_tqdm=False)
fitted = np.abs(basic.baseline - background).max()
print(f"the fitted baseline is off by {fitted:.1f} at most")
left = show("background, is_timelapse=True:", true, ~cells)
as_described = fitted < 1 and left[0] > 50 and left[0] > 2 * left[1] > 20  # expected: 0 and 0
for what, corrected in (("background, by hand:", by_hand), ("background, with a mask:", masked)):
    as_described &= max(map(abs, show(what, corrected, ~cells))) < 3
same = [np.array_equal(true, other) for other in (multiplicative, additive, nonsense, frames)]
print('"multiplicative", "additive", "no such mode" and frames=[0, 1] equal to True:', *same)
as_described &= all(same)  # expected: the last three differ or are an error

images = (light + CELL * cells + noise).astype(np.float32)
basic.fit(images)
additive = basic.transform(images, (~cells).astype(np.float32), is_timelapse="additive", use_tqdm=False)
by_hand = images - basic.darkfield - basic.flatfield * basic.baseline[:, None, None]
for what, corrected, found in (('"additive" and a mask', additive, True), ("additive by hand", by_hand, False)):
    where = from_middle > 0.8, from_middle < 0.3
    corner, middle = (np.median(corrected[cells & part]) for part in where)
    print(f"{what}: cells in the corners {corner:.0f}, in the middle {middle:.0f}")
    as_described &= corner > 1.5 * middle if found else abs(corner - middle) < 15  # expected: alike
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
OMP_NUM_THREADS=1 "$folder/venv/bin/python" "$folder/check.py" 2> "$folder/log" || { cat "$folder/log" >&2; exit 1; }

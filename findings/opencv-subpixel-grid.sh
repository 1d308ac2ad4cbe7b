#!/bin/sh
# opencv-python-headless 4.14.0.94 and 5.0.0.93: warpAffine and remap with INTER_LINEAR.
#
# OpenCV 4 rounds every source position to 1/32 px (INTER_BITS = 5), for all types and numbers of channels: a shift
# of 0.01 px does nothing. OpenCV 5 interpolates where the position is, but only for uint8, uint16 and float32 with
# 1, 3 or 4 channels; with 2, 5 or more channels, and for int16 and float64, it still rounds to 1/32 px. So the same
# program gives other pixels after `pip install --upgrade`, and in OpenCV 5 a nucleus + protein image (2 channels)
# or four stains with a mask as the fifth plane are resampled by another rule than four stains alone. resize is the
# same in both.
#
# Seen on 2026-11-28 with Python 3.11 and numpy 2.4.6 on x86-64 (some ARM builds of OpenCV 4 do not round): share of
# the neighbouring pixel that a shift of 0.01 px brings (exact: 0.0100).
#
#   4.14.0  uint8    1 0.0000  2 0.0000  3 0.0000  4 0.0000  5 0.0000
#   5.0.0   uint8    1 0.0100  2 0.0000  3 0.0100  4 0.0100  5 0.0000
#   5.0.0   float64  1 0.0000  ...
#
# Exits with 0 where this is still so, and with 1 where it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 4.14.0.94 5.0.0.93; do
    python3 -m pip install --quiet --disable-pip-version-check --target "$folder/$version" \
        "opencv-python-headless==$version" numpy==2.4.6
done
cat > "$folder/shift.py" <<'PYTHON'
import sys

import cv2
import numpy as np

x, y = np.meshgrid(np.arange(64, dtype=np.float32), np.arange(8, dtype=np.float32))
SHIFT = 0.01
INVERSE = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
WAYS = {
    "warpAffine": lambda image: cv2.warpAffine(image, np.array([[1, 0, SHIFT], [0, 1, 0]]), (64, 8), flags=INVERSE),
    "remap": lambda image: cv2.remap(image, x + np.float32(SHIFT), y, cv2.INTER_LINEAR),
}


def share(way, dtype, channels):
    """Return how much of the bright column 31 comes into column 30, as part of 1."""
    image = np.zeros((8, 64, channels), dtype)
    image[:, 31] = 200
    return round(float(np.ravel(WAYS[way](image)[4, 30])[0]) / 200, 4)


exact = cv2.__version__.startswith("5")
same = True
for way in WAYS:
    for dtype in (np.uint8, np.uint16, np.float32, np.int16, np.float64):
        found = {channels: share(way, dtype, channels) for channels in (1, 2, 3, 4, 5)}
        print(cv2.__version__, f"{way:10} {np.dtype(dtype).name:8}", *(f"{n} {s:.4f}" for n, s in found.items()))
        fine = exact and dtype in (np.uint8, np.uint16, np.float32)
        expected = {channels: 0.01 if fine and channels in (1, 3, 4) else 0.0 for channels in found}
        if not all(abs(found[channels] - expected[channels]) < 0.003 for channels in found):
            print("    differs from what was seen:", expected)
            same = False
sys.exit(0 if same else 1)
PYTHON
status=0
for version in 4.14.0.94 5.0.0.93; do
    PYTHONPATH="$folder/$version" python3 "$folder/shift.py" || status=1
done
exit $status

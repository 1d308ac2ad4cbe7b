#!/usr/bin/env bash
# cellpose 4.2.1.1: one image that is not annotated yet shifts the names of all later ones, and their masks are saved
# under these.
#
# `load_train_test_data(folder, mask_filter="_seg.npy")` (and --train with --mask_filter _seg.npy) reads a folder as the
# GUI leaves it. An image without a _seg.npy is left out, and a log line says "3 / 4 images in folder have labels"; the
# images and labels agree, but the third list, of names, still has all four, so that the names from there on are those
# of the image before. Training saves the flows of each label beside the image of its name: b_flows.tif, of the image
# that is not annotated, is made from c's masks, and c_flows.tif from d's. The function that reads files by name
# (train_seg with train_files, a --file_list of images) takes these for the labels, now and in later trainings, and
# learns other images' cells; a table of scores per name is shifted as well. Where the annotated images come first in
# the folder nothing is wrong. Move images without labels out of the folder, delete *_flows.tif before training, and
# pair names with labels oneself.
#
# Seen 2026-11-29: cellpose 4.2.1.1, torch 2.13.0, tifffile 2026.3.3, numpy 2.4.6, Python 3.11: the cells of an image
# and those in the flows saved for it (expected: names a, c, d, flows for these, and an overlap of 1 for each):
#
#   3 images, 3 labels, names ['a', 'b', 'c', 'd']
#   a_flows.tif: overlap with the cells of a.tif 1.0
#   b_flows.tif: overlap with the cells of b.tif 0.02
#   c_flows.tif: overlap with the cells of c.tif 0.01
#   d_flows.tif: none
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cellpose==4.2.1.1 torch==2.13.0 torchvision==0.28.0 \
    tifffile==2026.3.3 numpy==2.4.6 opencv-python-headless==5.0.0.93
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import tifffile
import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:  # torch without CUDA beside torchvision with it: its operators, which are not used, are unknown
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from cellpose.dynamics import labels_to_flows
from cellpose.io import load_train_test_data

ROOT = Path(sys.argv[1], "images")
ROOT.mkdir()
y, x = np.mgrid[:128, :128]
rng = np.random.default_rng(0)
for name in "abcd":
    labels = np.zeros((128, 128), np.uint16)
    for number, (row, column) in enumerate(rng.integers(15, 113, (6, 2)), start=1):
        labels[np.hypot(y - row, x - column) < 8] = number
    tifffile.imwrite(ROOT / f"{name}.tif", (labels > 0).astype(np.uint8) * 200)
    if name != "b":  # not annotated yet
        np.save(ROOT / f"{name}_seg.npy", {"masks": labels, "filename": f"{name}.tif"})

images, labels, names = load_train_test_data(str(ROOT), mask_filter="_seg.npy")[:3]
assert all(((image > 0) == (label > 0)).all() for image, label in zip(images, labels, strict=True))
print("cellpose", version("cellpose"), "torch", version("torch"), "tifffile", version("tifffile"))
print(f"{len(images)} images, {len(labels)} labels, names {[Path(name).stem for name in names]}")
labels_to_flows(labels, files=names)  # as train_seg does with what load_train_test_data returned
overlaps = {}
for name in "abcd":
    flows = ROOT / f"{name}_flows.tif"
    if flows.exists():
        cells, saved = tifffile.imread(ROOT / f"{name}.tif") > 0, tifffile.imread(flows)[0] > 0
        overlaps[name] = round(float((cells & saved).sum() / (cells | saved).sum()), 2)
        print(f"{flows.name}: overlap with the cells of {name}.tif {overlaps[name]}")
    else:
        print(f"{flows.name}: none")
as_described = len(names) == 4 and overlaps["a"] == 1 and list(overlaps) == ["a", "b", "c"] and overlaps["c"] < 0.5
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
# cellpose keeps its settings in a folder of the user.
HOME="$folder" "$folder/venv/bin/python" "$folder/check.py" "$folder" 2> "$folder/log" || {
    cat "$folder/log" >&2
    exit 1
}

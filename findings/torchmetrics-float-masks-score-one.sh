#!/usr/bin/env bash
# torchmetrics 1.9.0: masks of one channel in floats have Dice 1, IoU 1 and Hausdorff distance 0, whatever they show.
#
# The segmentation metrics take "one-hot" masks of shape (N, C, H, W). Since 1.8.1 a tensor of floats counts as logits,
# the target as well: only the index of the largest channel is kept. With one channel this is index 0 in every pixel,
# so that prediction and target are both "all foreground", and every score is perfect: from the first epoch on, for a
# network that finds nothing, and for a target that was loaded wrongly. (N, 1, H, W) in floats 0 and 1 is what PyTorch's
# loss for binary masks asks for, and what (sigmoid(x) > 0.5).float() gives. With a channel for the nucleus and one for
# the whole cell, which overlap, the scores are plausible and wrong: where no channel is set the largest one is the
# first, so that the background counts as nucleus. Bool and integer tensors of the same values are scored as they are.
# Nothing is warned of, and the documentation, which speaks of boolean and of integer tensors, does not mention floats.
# 1.8.0 scored such masks right in DiceScore, and refused them in MeanIoU. Pass bool tensors: probabilities > 0.5.
#
# Seen 2026-11-30: torchmetrics 1.9.0, torch 2.13.0, numpy 2.4.6, Python 3.11: cells predicted where there is none (one
# channel), and cells without any nucleus (two channels; scores of the nucleus), the same values as bool and as float:
#
#   one channel:   DiceScore            expected  0.00, bool  0.00, float 1.00
#   one channel:   GeneralizedDiceScore expected  0.00, bool  0.00, float 1.00
#   one channel:   MeanIoU              expected  0.00, bool  0.00, float 1.00
#   one channel:   HausdorffDistance    expected 84.85, bool 84.85, float 0.00
#   two channels:  DiceScore            expected  0.00, bool  0.00, float 0.98
#   two channels:  MeanIoU              expected  0.00, bool  0.00, float 0.96
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
from torchmetrics.segmentation import DiceScore, GeneralizedDiceScore, HausdorffDistance, MeanIoU

warnings.simplefilter("error")  # nothing below warns
rows, columns = np.mgrid[:128, :128]


def disc(y, x, radius):
    return np.hypot(rows - y, columns - x) < radius


def score(metric, prediction, target):
    """Score one image of bool channels (C, H, W), as bool and as float; return the two scores of the first channel."""
    scores = []
    for kind in (torch.bool, torch.float32):
        metric.reset()
        metric.update(torch.from_numpy(prediction)[None].to(kind), torch.from_numpy(target)[None].to(kind))
        scores.append(float(metric.compute().ravel()[0]))
    return scores


def overlap(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum()), (one & other).sum() / (one | other).sum()


def farthest(one, other):
    distances = cdist(np.argwhere(one), np.argwhere(other))
    return max(distances.min(axis=0).max(), distances.min(axis=1).max())


target, prediction = disc(32, 32, 20), disc(92, 92, 20)
dice, union = overlap(prediction, target)
CASES = [
    ("one channel:", DiceScore(1), prediction[None], target[None], dice),
    ("one channel:", GeneralizedDiceScore(1), prediction[None], target[None], dice),
    ("one channel:", MeanIoU(1), prediction[None], target[None], union),
    ("one channel:", HausdorffDistance(1, include_background=True), prediction[None], target[None],
     farthest(prediction, target)),
]
cell, nucleus = disc(64, 64, 40), disc(64, 64, 12)
target, prediction = np.stack([nucleus, cell]), np.stack([np.zeros_like(nucleus), cell])
dice, union = overlap(prediction[0], target[0])
CASES += [
    ("two channels:", DiceScore(2, average="none"), prediction, target, dice),
    ("two channels:", MeanIoU(2, per_class=True), prediction, target, union),
]
print("torchmetrics", version("torchmetrics"), "torch", version("torch"), "numpy", version("numpy"))
as_described = True
for name, metric, prediction, target, expected in CASES:
    as_bool, as_float = score(metric, prediction, target)
    print(f"{name:14} {type(metric).__name__:20} expected {expected:5.2f}, bool {as_bool:5.2f}, float {as_float:.2f}")
    if len(target) == 1:
        wrong = as_float == (0 if isinstance(metric, HausdorffDistance) else 1)
    else:
        wrong = 0.9 < as_float < 1
    as_described &= np.isclose(as_bool, expected, atol=1e-4) and wrong  # expected: both as computed plainly
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" "$folder/check.py"

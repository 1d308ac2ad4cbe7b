#!/usr/bin/env bash
# segmentation_models_pytorch 0.6.0: with class weights a perfect segmentation into four classes has IoU 0.25.
#
# All scores of smp.metrics (iou_score, f1_score, recall, accuracy, ...) take a reduction and class_weights. "weighted"
# is right: the weights are scaled to a sum of 1, and the classes' scores are added up by them. "weighted-imagewise", by
# its documentation the same for each image and then the mean over the images, scales the weights to 1, too, but then
# takes the mean over the classes: the score is divided by the number of classes. So are "macro" and "macro-imagewise"
# where weights are passed (also with equal ones), as a program does that tries several reductions with the same
# arguments. Every score stays between 0 and 1, so that nothing looks wrong but the model: with a nucleus, a cell and a
# background no network gets beyond 0.33, an early stopping by a threshold is never reached, and two models with other
# numbers of classes cannot be compared. Rates for which small is good (false_negative_rate) look better than they are.
# "weighted" was mended in 2022. Nothing is warned of. Ask for reduction="none", and weigh by hand.
#
# Seen 2026-11-30: segmentation_models_pytorch 0.6.0, torch 2.14.1, numpy 1.26.4, Python 3.11: IoU of a segmentation
# that is perfect, and of one with errors, by weights 1, 2, 3 and 4, and expected by numpy:
#
#   reduction            perfect  expected   errors  expected
#   weighted               1.000     1.000    0.692     0.692
#   weighted-imagewise     0.250     1.000    0.173     0.692
#   macro                  0.250     1.000    0.173     0.692
#   macro-imagewise        0.250     1.000    0.173     0.692
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check segmentation_models_pytorch==0.6.0 torch==2.14.1 \
    numpy==1.26.4
cat > "$folder/check.py" <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

import numpy as np
import segmentation_models_pytorch as smp
import torch

warnings.simplefilter("error")  # nothing below warns
CLASSES, WEIGHTS = 4, [1.0, 2.0, 3.0, 4.0]
rng = np.random.default_rng(0)
target = rng.integers(0, CLASSES, (3, 64, 64))
wrong = rng.random(target.shape) < 0.25
predictions = {"perfect": target, "errors": np.where(wrong, rng.integers(0, CLASSES, target.shape), target)}


def compute(prediction, reduction):
    counts = smp.metrics.get_stats(
        torch.from_numpy(prediction), torch.from_numpy(target), mode="multiclass", num_classes=CLASSES
    )
    return float(smp.metrics.iou_score(*counts, reduction=reduction, class_weights=WEIGHTS))


def expect(prediction, reduction):
    """Compute the weighted mean of the classes' IoU, of all images together or of each image, then their mean."""
    axes = (1, 2) if reduction.endswith("imagewise") else (0, 1, 2)
    scores = []
    for n in range(CLASSES):
        found, there = prediction == n, target == n
        scores.append(np.mean((found & there).sum(axes) / (found | there).sum(axes)))
    return np.average(scores, weights=WEIGHTS)


names = ("segmentation_models_pytorch", "torch", "numpy")
print(*(f"{name} {version(name)}" for name in names))
print("reduction            perfect  expected   errors  expected")
as_described = True
for reduction in ("weighted", "weighted-imagewise", "macro", "macro-imagewise"):
    row = [function(predictions[what], reduction) for what in predictions for function in (compute, expect)]
    print("{:18} {:9.3f} {:9.3f} {:8.3f} {:9.3f}".format(reduction, *row))
    divisor = 1 if reduction == "weighted" else CLASSES  # expected: 1
    as_described &= np.allclose(row[::2], np.divide(row[1::2], divisor), atol=1e-5)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
OMP_NUM_THREADS=1 "$folder/venv/bin/python" "$folder/check.py"

#!/usr/bin/env bash
# cellpose 4.2.1.1: `model.eval(image, normalize=False)` turns normalization off for later calls that ask for it.
#
# eval writes True or False of `normalize` into the module's table of defaults, and completes a dictionary from this
# table. After one call with normalize=False (for an image that was already scaled, or a tile of a large one), every
# later call of the process with a dictionary, such as normalize={"percentile": [0.5, 99.5]}, passes the image to the
# network as it is: counts of 300 in place of values about 0 to 1. The documentation says that "normalize" in the
# dictionary is True by default. It crosses models, threads and users of a server, and a test that makes one call does
# not show it; which images are hit depends on the order of the calls. A plain call (normalize=True) mends it again.
# The network never saw such values in training, and nothing is logged. Write "normalize": True into every dictionary.
#
# Seen 2026-11-29: cellpose 4.2.1.1, torch 2.13.0, numpy 2.4.6, Python 3.11: smallest and largest value that reaches
# the network, of the same image (expected: the first and the third line alike):
#
#   normalize={'percentile': [0.5, 99.5]}  -0.35 to 1.37
#   normalize=False                        226.00 to 376.00
#   normalize={'percentile': [0.5, 99.5]}  226.00 to 376.00
#   normalize=True                         -0.43 to 1.45
#   normalize={'percentile': [0.5, 99.5]}  -0.35 to 1.37
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cellpose==4.2.1.1 torch==2.13.0 torchvision==0.28.0 \
    numpy==2.4.6 opencv-python-headless==5.0.0.93
cat > "$folder/check.py" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:  # torch without CUDA beside torchvision with it: its operators, which are not used, are unknown
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from cellpose.models import CellposeModel


class ModelWithoutNetwork(CellposeModel):
    """Keeps what would be given to the network; its weights are not needed for that."""

    def __init__(self):
        self.device, self.backbone = torch.device("cpu"), "sam_vitl"

    def _run_net(self, x, **_):
        self.given = x
        nothing = np.zeros(x.shape[:3], np.float32)
        return np.stack([nothing, nothing]), nothing - 5, np.zeros(256)


image = np.random.default_rng(0).poisson(300, (64, 64, 3)).astype(np.uint16)
PERCENTILE = {"percentile": [0.5, 99.5]}
print("cellpose", version("cellpose"), "torch", version("torch"), "torchvision", version("torchvision"))
seen = []
for normalize in (PERCENTILE, False, PERCENTILE, True, PERCENTILE):
    model = ModelWithoutNetwork()  # a new one each time
    model.eval(image, normalize=normalize)
    seen.append((round(float(model.given.min()), 2), round(float(model.given.max()), 2)))
    print(f"{f'normalize={normalize}':38} {seen[-1][0]:.2f} to {seen[-1][1]:.2f}")
as_described = (
    seen[1] == (image.min(), image.max())
    and seen[2] == seen[1]  # expected: seen[0]
    and seen[4] == seen[0] != seen[1]
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
# cellpose keeps its settings in a folder of the user.
HOME="$folder" "$folder/venv/bin/python" "$folder/check.py"

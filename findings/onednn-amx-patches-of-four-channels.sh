#!/usr/bin/env bash
# On processors with AMX, oneDNN 3.12 computes the patch embedding of a four-channel vision transformer wrongly in bfloat16.
#
# A ViT/16 begins with a convolution of 16 x 16 px and stride 16. With the three channels of photographs it is right;
# with four, as of fluorescence microscopy (SubCell: microtubules, ER, nuclei, protein), what comes out in bfloat16 has
# nothing to do with the input: its cosine with float32's result is 0.1 or less. Two, six or eight channels with kernels
# of 32, 16 or 8 px are as wrong; odd numbers of channels, float32, int8 and processors without AMX (AVX-512 with
# bfloat16, too) are right. The layers behind it, and a softmax, make plausible embeddings and probabilities of it.
#
# PyTorch and OpenVINO both carry this oneDNN, and OpenVINO takes bfloat16 by itself on such processors unless told
# otherwise (INFERENCE_PRECISION_HINT). Compare one batch with float32 before you trust bfloat16 there, or compute the
# patches as a matrix product, which is right: reshape them to rows, and use a linear layer. For PyTorch alone:
# torch.backends.mkldnn.flags(enabled=False). ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16 makes both right, without AMX.
#
# Seen 2026-11-30: torch 2.13.0 (CPU; oneDNN 3.12.0) and openvino 2026.4.1, numpy 2.4.6, Intel Xeon with AMX (family 6,
# model 207), Python 3.11; torch 2.14.1 has the same oneDNN and answers alike. Needs such a processor, and says so where
# there is none.
set -euo pipefail
if ! grep -qw amx_bf16 /proc/cpuinfo; then
    echo "not shown: this processor has no AMX for bfloat16"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openvino==2026.4.1 numpy==2.4.6 torch==2.13.0
cat > "$folder/check.py" <<'PYTHON'
import sys

import numpy as np
import openvino
import torch
from openvino import opset13

rng = np.random.default_rng(0)


def cosine(one, other):
    one, other = one.ravel().astype(np.float64), other.ravel().astype(np.float64)
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def by_openvino(image, kernel, precision):
    side = kernel.shape[2]
    entry = opset13.parameter(list(image.shape), np.float32)
    weights = opset13.constant(kernel)
    patches = opset13.convolution(entry, weights, [side, side], [0, 0], [0, 0], [1, 1])
    model = openvino.Model([opset13.result(patches)], [entry])
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": precision})
    return compiled(image)[0]


def by_torch(image, kernel):
    image, kernel = (torch.from_numpy(array).bfloat16() for array in (image, kernel))
    return torch.nn.functional.conv2d(image, kernel, stride=kernel.shape[2]).float().numpy()


def by_product(image, kernel):
    image, kernel = (torch.from_numpy(array).bfloat16() for array in (image, kernel))
    rows = torch.nn.functional.unfold(image.float(), kernel.shape[2], stride=kernel.shape[2]).bfloat16()
    return (kernel.flatten(1) @ rows).float().numpy()


seen = {}
for channels, side in ((3, 16), (4, 16), (8, 8)):
    image = rng.random((1, channels, 448, 448), dtype=np.float32)
    kernel = (rng.standard_normal((768, channels, side, side)) / (channels * side * side) ** 0.5).astype(np.float32)
    truth = by_openvino(image, kernel, "f32")
    found = {
        "openvino bf16": by_openvino(image, kernel, "bf16"),
        "torch bfloat16": by_torch(image, kernel),
        "torch bfloat16, as a product": by_product(image, kernel),
    }
    for name, answer in found.items():
        likeness = cosine(truth, answer)
        print(f"{channels} channels, patches of {side} px, {name:28}: cosine with float32 {likeness:.4f}")
        seen[channels, side, name] = likeness > 0.99
print("openvino", openvino.__version__, "torch", torch.__version__)
expected = {key: key[0] == 3 or key[2].endswith("product") for key in seen}
if seen != expected:
    sys.exit(f"changed: which are right is {seen}, and was {expected}")
print("as described: with an even number of channels, bfloat16 on AMX is wrong in both libraries, and a product is right")
PYTHON
"$folder/venv/bin/python" "$folder/check.py"

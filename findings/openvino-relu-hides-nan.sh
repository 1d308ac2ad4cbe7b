#!/usr/bin/env bash
# OpenVINO's CPU plugin turns "not a number" into 0 at every ReLU and ReLU6.
#
# A network whose training diverged, or whose weights were damaged on the way, has weights that are NaN or infinite.
# PyTorch, ONNX Runtime and numpy let them through, so that every probability is NaN and nobody takes it for a result.
# Converted to OpenVINO the same network answers with finite probabilities that add up to 1: what came before the
# first ReLU is gone, and nothing in the output shows it. Networks with SiLU, GELU or hard swish (EfficientNet, ViT)
# do show NaN; those with ReLU (ResNet, DenseNet, DPN, InceptionV3) do not. Check weights and activations before
# conversion; the output cannot tell.
#
# Seen 2026-11-28: openvino 2026.4.1 and onnxruntime 1.32.0, numpy 2.4.6, x86-64, Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openvino==2026.4.1 numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
cat > "$folder/check.py" <<'PYTHON'
import sys

import numpy as np
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(0)
image = rng.random((1, 3, 16, 16), dtype=np.float32)
KERNEL = rng.standard_normal((8, 3, 3, 3), dtype=np.float32) / 5
DENSE = rng.standard_normal((5, 8), dtype=np.float32)


def network(activation, bad):
    """Convolution, activation, global mean, dense layer, softmax, with one weight of the convolution replaced."""
    kernel = KERNEL.copy()
    kernel[3, 1, 1, 1] = bad
    nodes = [helper.make_node("Conv", ["image", "kernel"], ["a"], pads=[1, 1, 1, 1])]
    if activation == "SiLU":
        nodes += [helper.make_node("Sigmoid", ["a"], ["s"]), helper.make_node("Mul", ["a", "s"], ["b"])]
    else:
        nodes += [helper.make_node(activation, ["a"], ["b"])]
    nodes += [
        helper.make_node("GlobalAveragePool", ["b"], ["c"]),
        helper.make_node("Flatten", ["c"], ["d"]),
        helper.make_node("Gemm", ["d", "dense"], ["e"], transB=1),
        helper.make_node("Softmax", ["e"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 16, 16])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, 5])],
        [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(DENSE, "dense")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def openvino_answer(model):
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled(image)[0][0]


def onnxruntime_answer(model):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"image": image})[0][0]


seen = {}
for activation in ("Relu", "SiLU"):
    for bad in (0.1, float("nan")):
        model = network(activation, bad)
        for name, answer in (("onnxruntime", onnxruntime_answer(model)), ("openvino", openvino_answer(model))):
            print(f"{activation:5} weight {bad:<4} {name:12}", np.round(answer, 3))
            seen[activation, bad == bad, name] = bool(np.isfinite(answer).all())
print("openvino", openvino.__version__, "onnxruntime", onnxruntime.__version__)
expected = {key: True for key in seen}
expected["Relu", False, "onnxruntime"] = False
expected["SiLU", False, "onnxruntime"] = False
expected["SiLU", False, "openvino"] = False
if seen != expected:
    sys.exit(f"changed: which answers are finite is {seen}, and was {expected}")
print("as described: with ReLU, one NaN weight leaves OpenVINO's probabilities finite, and those of ONNX Runtime NaN")
PYTHON
"$folder/venv/bin/python" "$folder/check.py"

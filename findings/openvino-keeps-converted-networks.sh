#!/usr/bin/env bash
# openvino.convert_model keeps the PyTorch network that it converted alive, until Python's collector of cycles comes by.
#
# Whoever converts the members of an ensemble, or the networks of a pipeline, one after the other and drops each
# expects the memory of one. What traced a network refers to itself, and through it to all weights; it is freed neither
# when the network nor when the OpenVINO model goes out of scope. Python's collector counts objects, not bytes, and a
# network is few objects, so it may not come for long: memory grows by the size of the weights at each conversion.
# Calling gc.collect() after each conversion keeps it flat.
#
# Seen 2026-11-29: openvino 2026.4.1, torch 2.13.0, numpy 2.4.6, x86-64, Python 3.11: of eight networks of 99 MB,
# converted and dropped one after the other, four are still alive at the end, and memory has grown by 613 MB since the
# first; with gc.collect() none is, and it has grown by 175 to 192 MB.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openvino==2026.4.1 torch==2.13.0 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import gc
import subprocess
import sys
import warnings
import weakref

import openvino
import torch
from torch import nn

COUNT = 8
EXAMPLE = torch.zeros(1, 512, 16, 16)


def make_network():
    return nn.Sequential(*[nn.Conv2d(512, 512, 3, padding=1) for _ in range(11)]).eval()


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


def convert(collects):
    """Convert networks one after the other; return how many stay alive, and by how many MB memory grew."""
    networks, first = [], 0.0
    for number in range(COUNT):
        network = make_network()
        networks.append(weakref.ref(network))
        with torch.no_grad():
            model = openvino.convert_model(network, example_input=EXAMPLE)
        del network, model
        if collects:
            gc.collect()
        if number == 0:
            first = resident()
    return sum(network() is not None for network in networks), resident() - first


warnings.simplefilter("ignore")
if len(sys.argv) > 1:
    print(*convert(sys.argv[1] == "collects"))
    sys.exit()
size = sum(weight.numel() * weight.element_size() for weight in make_network().parameters()) / 2**20
print("openvino", openvino.__version__, "torch", torch.__version__, f"networks of {size:.0f} MB, {COUNT} of them")
found = {}
for how in ("leaves", "collects"):
    answer = subprocess.run([sys.executable, __file__, how], check=True, capture_output=True, text=True).stdout
    alive, grown = answer.split()[-2:]
    found[how] = int(alive), float(grown)
    print(f"{how:8} {alive} networks alive, {found[how][1]:.0f} MB more than after the first")
if found["leaves"][0] < 2 or found["leaves"][1] < 1.5 * found["collects"][1]:
    sys.exit("changed: converted networks are let go")
if found["collects"][0]:
    sys.exit("changed: the collector does not free converted networks")
print("as described: converted networks stay in memory until the collector of cycles runs")
PYTHON
"$folder/venv/bin/python" "$folder/check.py"

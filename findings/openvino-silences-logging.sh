#!/bin/sh
# openvino 2026.4.1: convert_model sets the root logger to ERROR while it converts, and puts it back at its end, but
# not where the conversion fails. A program that tries OpenVINO and falls back to another runtime then shows no
# warning of any of its libraries any more, for as long as it runs.
#
# Mend: keep level, filters and handlers of logging.getLogger() before the call, and set them again in `finally`.
#
# Seen on 2026-11-28 with Python 3.11 and numpy 2.4.6:
#
#   before: level 30, 0 filters, 0 handlers
#   convert_model fails: Error
#   after: level 40, 1 filters, 1 handlers
#   a warning is shown: False
#
# Exits with 0 where this is still so, and with 1 where it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/site" openvino==2026.4.1 numpy==2.4.6
cat > "$folder/fails.py" <<'PYTHON'
import logging
import sys
from pathlib import Path

import openvino

root = logging.getLogger()


def describe():
    return f"level {root.level}, {len(root.filters)} filters, {len(root.handlers)} handlers"


print("before:", describe())
# A text that is no network: what a download that was cut short leaves.
broken = Path(sys.argv[1], "network.onnx")
broken.write_text("")
try:
    openvino.convert_model(broken)
except Exception as error:
    print("convert_model fails:", type(error).__name__)
print("after:", describe())
shown = logging.getLogger("application").isEnabledFor(logging.WARNING)
print("a warning is shown:", shown)
sys.exit(1 if shown else 0)
PYTHON
PYTHONPATH="$folder/site" python3 "$folder/fails.py" "$folder"

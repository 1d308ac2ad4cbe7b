#!/bin/sh
# pylibCZIrw 6.1.0: pixel sizes that are written as its documentation says are a million times too large, and planes
# that were never written are read as black.
#
# `CziWriter.write_metadata(scale_x=...)` is documented in micrometres. The value goes into the file as it is, and
# CZI files hold metres: scale_x=0.08 makes a pixel of 80,000 um, for every program that reads the file. Write
# scale_x=0.08e-6 instead.
#
# `CziReader.read(plane={"C": c, "Z": z})` gives zeros for a plane within the file's bounds that was never written,
# such as a slice that one channel lacks; no warning. `CziReader` counts no planes, so that a missing plane has to be
# found by comparing what its bounding box promises with the subblocks.
#
# Seen on 2026-11-28 with Python 3.11 and numpy 2.4.6 on x86-64. Exits with 0 where this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pylibCZIrw==6.1.0 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import re
import sys
from importlib.metadata import version

import numpy as np
from pylibCZIrw import czi

path = sys.argv[1]
said = czi.CziWriter.write_metadata.__doc__ or ""
documented = re.search(r"scale_x[^\n]*\n?[^\n]*", said)
with czi.create_czi(path) as writer:
    for c, z in ((0, 0), (0, 1), (1, 0)):  # the second slice of channel 1 is never written
        writer.write(np.full((20, 30, 1), 700, np.uint16), plane={"C": c, "Z": z, "T": 0})
    writer.write_metadata("field", scale_x=0.08, scale_y=0.08)
with czi.open_czi(path) as reader:
    values = [float(value) for value in re.findall(r"<Value>([^<]+)</Value>", reader.raw_metadata)]
    bounds = reader.total_bounding_box
    missing = reader.read(plane={"C": 1, "Z": 1, "T": 0})
    written = reader.read(plane={"C": 1, "Z": 0, "T": 0})
print("pylibCZIrw", version("pylibCZIrw"))
print("documented:", " ".join(documented.group(0).split()) if documented else "not found")
print("written as scale_x=0.08; in the file, which holds metres:", values)
print("bounds:", bounds)
print("largest value of a plane that was written:", written.max(), "and of one that was not:", missing.max())
as_described = 0.08 in values and written.max() == 700 and missing.max() == 0
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" "$folder/check.py" "$folder/field.czi"

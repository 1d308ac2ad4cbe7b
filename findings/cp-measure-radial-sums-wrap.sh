#!/usr/bin/env bash
# cp_measure 0.3.0: the radial distribution of an 8-bit or 16-bit image is computed modulo 256 or 65,536.
#
# get_radial_distribution adds up the pixels of each ring in a sparse matrix of the image's own type. In uint8 a ring's
# sum is what remains above the last multiple of 256, so that FracAtD, MeanFrac and RadialCV of every real cell are
# about random; in uint16 a ring wraps from 65,536 on, which 1,100 px of brightness 60 reach. The fractions of the rings
# still add up to 1, because the whole is the sum of the wrapped rings, and all values are plausible; nothing is warned
# of. Intensities, shapes and Zernike features are the same for all types. The README measures an integer image as it
# is, but it is one of int64, as are those of the package's examples; readers give uint8 for HPA's PNG and JPEG files,
# and uint16 for most microscopes' files. `featurize` does the same. A protein in the middle of the cell reads as one at
# its edge, and all depends on the exposure time. Pass image.astype(float) to this function.
#
# Seen 2026-11-29: cp_measure 0.3.0, scipy 1.17.1, numpy 2.4.6, Python 3.11: a disc of radius 40 px, brightest in its
# middle; share of its intensity in four rings from the inside out (expected: the same for all types):
#
#   brightest   120, float64: 0.13 0.31 0.34 0.23  sum 1.0
#   brightest   120, int64  : 0.13 0.31 0.34 0.23  sum 1.0
#   brightest   120, uint8  : 0.03 0.36 0.20 0.41  sum 1.0
#   brightest   120, uint16 : 0.26 0.12 0.17 0.45  sum 1.0
#   brightest  3000, float64: 0.13 0.31 0.34 0.23  sum 1.0
#   brightest  3000, uint16 : 0.28 0.34 0.21 0.17  sum 1.0
#   warnings: []
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cp_measure==0.3.0 centrosome==1.3.4 mahotas==1.4.19 \
    scikit-image==0.26.0 scipy==1.17.1 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

import numpy as np
from cp_measure.bulk import get_core_measurements
from cp_measure.featurizer import featurize, make_featurizer_config

NAMES = [f"RadialDistribution_FracAtD_{ring}of4" for ring in range(1, 5)]
CORRELATION = ("pearson", "costes", "manders_fold", "rwc")  # of two channels, and there is one here
CONFIG = make_featurizer_config(["DNA"], texture=False, **{f"correlation_{name}": False for name in CORRELATION})
y, x = np.mgrid[:200, :200]
distance = np.hypot(y - 100, x - 100)
cell = (distance < 40).astype(np.int32)
radial_distribution = get_core_measurements()["radial_distribution"]


def fractions(brightest, dtype):
    """Measure the share of each ring for the same picture in another type."""
    mean = np.where(cell > 0, brightest * np.exp(-((distance / 20) ** 2) / 2), 2)
    image = np.random.default_rng(0).poisson(mean).astype(dtype)
    measured = radial_distribution(cell, image)
    rings = [float(measured[name][0]) for name in NAMES]
    data, columns, _ = featurize(image[None, None], cell[None, None], CONFIG)
    assert [data[0, columns.index(f"{name}__DNA")] for name in NAMES] == rings, "featurize does the same"
    return rings


seen = {}
print("cp_measure", version("cp_measure"), "scipy", version("scipy"), "numpy", version("numpy"))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for brightest, dtypes in ((120, ("float64", "int64", "uint8", "uint16")), (3000, ("float64", "uint16"))):
        for dtype in dtypes:
            rings = seen[brightest, dtype] = fractions(brightest, dtype)
            shares = " ".join(f"{share:.2f}" for share in rings)
            print(f"brightest {brightest:5}, {dtype:7}: {shares}  sum {sum(rings):.1f}")
print("warnings:", [str(warning.message) for warning in caught])


def as_float(brightest, dtype):
    return np.allclose(seen[brightest, dtype], seen[brightest, "float64"])


as_described = (
    as_float(120, "int64")
    and not as_float(120, "uint8")  # expected: the same as float64, here and below
    and not as_float(120, "uint16")
    and not as_float(3000, "uint16")
    and all(np.isclose(sum(rings), 1) for rings in seen.values())
    and not caught
)
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
"$folder/venv/bin/python" "$folder/check.py"

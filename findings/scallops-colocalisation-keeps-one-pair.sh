#!/usr/bin/env bash
# scallops 1.0.0: of all pairs of stains one keeps its Costes' coefficients, and these have no threshold.
#
# label_features(objects, labels, image, ["colocalization_*_*"]) measures each pair of stains in each cell, and names
# the columns by the pair (Correlation_Pearson_DNA_ER), but for Costes': these are Correlation_Costes_1 and
# Correlation_Costes_2 for every pair, so that each overwrites the one before. Five stains have ten pairs: nine are
# lost, and nothing says whose values the two columns hold. It is the pair that a Python set of pairs happens to give
# last: 1-2 of three stains, 1-3 of four and of five. With other stains the same column can measure something else.
# Further:
#   - Costes' threshold is searched in steps of 1 / the largest value of the image's type, which is taken to be 1 for
#     float images. Images are made float by default (normalize=True), so that there is a single step, and of stains
#     that correlate the first has the threshold 0 (the second has the value there of the line through the pixels):
#     background counts as colocalised. With normalize=False the pixels are counts, and the steps still go from 0 to 1:
#     nearly the same values. cp_measure gives the same as scallops for float images.
# Nothing is warned of. To get all pairs ask for one at a time, and rename the two columns; better leave both out of
# profiles.
#
# Seen 2026-11-30: scallops 1.0.0, cp_measure 0.1.16, numpy 2.4.6, Python 3.11: two cells, stains that share half of
# their spots; expected are two columns a pair, and the last two figures of each line (by numpy):
#
#   pair  cell   scallops alone   by threshold 0        by Costes'
#   0-1      1      0.915  1.000     0.915  1.000     0.632  0.527
#   0-1      2      0.890  1.000     0.890  1.000     0.629  0.561
#   0-2      1      0.691  1.000     0.691  1.000     0.615  0.465
#   0-2      2      0.843  1.000     0.843  1.000     0.640  0.544
#   1-2      1      0.996  1.000     0.996  1.000     0.596  0.451
#   1-2      2      1.000  1.000     1.000  1.000     0.626  0.626
#   cp_measure, and scallops with normalize=False, give the same as scallops alone: True
#   all pairs together:
#   3 stains,  3 pairs: Correlation_Costes_1, Correlation_Costes_2: those of 1-2
#   4 stains,  6 pairs: Correlation_Costes_1, Correlation_Costes_2: those of 1-3
#   5 stains, 10 pairs: Correlation_Costes_1, Correlation_Costes_2: those of 1-3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps scallops==1.0.0 cp_measure==0.1.16 \
    numpy==2.4.6 scipy==1.17.1 pandas==3.1.1 scikit-image==0.26.0 dask==2025.11.0 dask-image==2026.5.0 zarr==2.18.7 \
    xarray==2026.9.0 centrosome==1.3.4 mahotas==1.4.19 natsort==8.4.0 filelock==4.3.1 fsspec==2026.9.0 \
    asciitree==1.0.0 click==8.5.1 cloudpickle==3.1.3 Deprecated==1.3.1 deprecation==2.1.0 fasteners==0.20 \
    ImageIO==2.38.1 importlib_metadata==10.2.0 lazy-importer==0.1.0 lazy-loader==0.6 locket==1.0.0 networkx==3.6.1 \
    numcodecs==0.15.2 packaging==26.4 partd==1.4.2 pillow==11.3.0 PIMS==0.7 pyarrow==26.0.1 python-dateutil==4.0.0 \
    PyYAML==6.0.4 slicerator==1.1.0 tifffile==2026.3.3 toolz==1.2.0 tzdata==2026.6 wrapt==2.5.2 zipp==4.1.2
cat > "$folder/check.py" <<'PYTHON'
import sys
import warnings
from importlib.metadata import version
from itertools import combinations

import numpy as np
import pandas as pd
from cp_measure.core.measurecolocalization import get_correlation_costes
from scallops.features.generate import label_features

SIZE, CELLS, STAINS = 64, (1, 2), 5
COSTES = ["Correlation_Costes_1", "Correlation_Costes_2"]
rng = np.random.default_rng(0)
rows, columns = np.mgrid[:SIZE, : SIZE * len(CELLS)]
labels = np.zeros(rows.shape, int)
boxes = {}
for cell in CELLS:
    middle = SIZE * cell - SIZE // 2
    labels[np.hypot(rows - SIZE // 2, columns - middle) < 25] = cell
    boxes[cell] = SIZE // 2 - 25, middle - 25, SIZE // 2 + 25, middle + 25
sides = [f"AreaShape_BoundingBox{side}_{axis}" for side in ("Minimum", "Maximum") for axis in "YX"]
objects = pd.DataFrame.from_dict(boxes, orient="index", columns=sides)


def draw(count):
    """Return an image with count spots of height 1 in each cell."""
    image = np.zeros(labels.shape)
    for cell in CELLS:
        for y, x in rng.permutation(np.argwhere(labels == cell))[:count]:
            image += np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 2 / 2.5**2)
    return image


shared = draw(6)
stains = [200 + 150 * n + 2000 * 0.7**n * (shared + draw(6)) + rng.normal(0, 20, labels.shape) for n in range(STAINS)]
image = np.stack(stains, -1).astype(np.uint16)


def measure(feature, count, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing warns,
        warnings.simplefilter("ignore", RuntimeWarning)  # but numpy in each call, of the two pixels of a made-up image
        return label_features(objects, labels, image[..., :count], [feature], **options)


def expect(first, second, threshold=None):
    """Compute both coefficients; unless given, the threshold is the highest below which nothing correlates."""
    first, second = first.astype(float), second.astype(float)
    (vary, both), (_, other) = np.cov(first, second)
    slope = (other - vary + np.hypot(other - vary, 2 * both)) / (2 * both)  # of the orthogonal regression
    start = second.mean() - slope * first.mean()
    for level in range(int(first.max()), -1, -1) if threshold is None else [threshold]:
        low = (first < level) | (second < slope * level + start)
        if threshold is None and np.corrcoef(first[low], second[low])[0, 1] < 0:
            break
    one, two = first > level, second > slope * level + start
    return first[one & two].sum() / first[one].sum(), second[one & two].sum() / second[two].sum()


print(*(f"{name} {version(name)}" for name in ("scallops", "cp_measure", "numpy")))
print("pair  cell   scallops alone   by threshold 0        by Costes'")
alone, alike, as_described = {}, True, True
for pair in combinations(range(STAINS), 2):
    first, second = pair
    alone[pair] = measure(f"colocalization_{first}_{second}", STAINS).filter(like="Costes").to_numpy()
    if second > 2:
        continue
    counts = measure(f"colocalization_{first}_{second}", STAINS, normalize=False).filter(like="Costes")
    known = get_correlation_costes(image[..., first] / 65535, image[..., second] / 65535, labels)
    alike &= np.allclose(alone[pair], counts, atol=0.002)
    alike &= np.allclose(alone[pair], np.transpose([known[name] for name in COSTES]), atol=1e-6)
    for cell, found in zip(CELLS, alone[pair], strict=True):
        pixels = image[labels == cell].T
        zero, right = (expect(pixels[first], pixels[second], threshold) for threshold in (0, None))
        print("{}-{} {:6}  {:9.3f} {:6.3f} {:9.3f} {:6.3f} {:9.3f} {:6.3f}".format(*pair, cell, *found, *zero, *right))
        as_described &= np.allclose(found, zero, atol=1e-5) and max(np.subtract(found, right)) > 0.1  # expected: right
print("cp_measure, and scallops with normalize=False, give the same as scallops alone:", alike)
as_described &= alike

print("all pairs together:")
survivors = []
for count in range(3, STAINS + 1):
    table = measure("colocalization_*_*", count)
    names = [name for name in table if "Costes" in name]
    pairs = list(combinations(range(count), 2))
    same = [pair for pair in pairs if names == COSTES and np.allclose(table[names], alone[pair], atol=1e-9)]
    whose = ("those of {}-{}".format(*pair) for pair in same)
    print(f"{count} stains, {len(pairs):2} pairs: {', '.join(names)}:", *whose)
    survivors += same
    as_described &= names == COSTES and sum("Pearson" in name for name in table) == len(pairs)  # expected: 2 a pair
as_described &= survivors == [(1, 2), (1, 3), (1, 3)]
sys.exit(0 if as_described else "changed: no longer as described")
PYTHON
OMP_NUM_THREADS=1 "$folder/venv/bin/python" "$folder/check.py"

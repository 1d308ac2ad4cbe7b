#!/usr/bin/env bash
# tifffile with imagecodecs: a TIFF compressed by JPEG whose end is missing is read as a whole image, grey below the cut.
#
# After a copy that was interrupted or a disk that was full, the readers of deflated, LZW or uncompressed TIFF stop
# with an error, and Pillow does so for a .jpg ("image file is truncated"). libjpeg takes a missing end for a warning,
# fills up with the middle value 128, and imagecodecs drops the warning. So TIFF files with one JPEG strip (what
# tifffile writes for every 8-bit plane of up to 256 KiB, such as 512 x 512) come back whole, by tifffile and by
# scikit-image, as does every .jpg by imagecodecs.imread. In a fluorescence image 128 of 255 is bright: a segmenter
# finds one huge cell, a mean intensity rises several times, and an image with few cells still looks plausible.
# With several strips or tiles the same cut ends in an error, so that a test on large images does not show it.
# Compare the strip's end (dataoffsets + databytecounts) with the file's size before reading, or look for the marker
# FF D9 at the end of the JPEG data.
#
# Seen 2026-11-29: tifffile 2026.3.3, imagecodecs 2026.3.6, scikit-image 0.26.0, Pillow 13.0.0, numpy 2.4.6, Python
# 3.11, x86-64; files cut to half their length (expected: an error from each):
#
#   last 100 rows of the image as written: 0 to 19, mean of the image 14.7
#   jpeg.tif       by tifffile     128 to 128, mean of the image 77.6
#   jpeg.tif       by scikit-image 128 to 128, mean of the image 77.6
#   field.jpg      by imagecodecs  128 to 128, mean of the image 78.5
#   field.jpg      by Pillow       OSError
#   jpeg-tiles.tif by tifffile     Jpeg8Error
#   deflate.tif    by tifffile     DeflateError
#   warnings: []
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tifffile==2026.3.3 imagecodecs==2026.3.6 \
    scikit-image==0.26.0 pillow==13.0.0 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import os
import pathlib
import sys
import warnings

import imagecodecs
import numpy as np
import PIL
import PIL.Image
import skimage
import skimage.io
import tifffile

os.chdir(sys.argv[1])
y, x = np.mgrid[:512, :512]
noise = np.random.default_rng(0).poisson(6, (512, 512))
cell = 150 * np.exp(-((y - 120) ** 2 + (x - 300) ** 2) / 5e3)
image = (cell + noise).clip(0, 255).astype(np.uint8)  # one cell in the upper half, dark below
tifffile.imwrite("jpeg.tif", image, compression="jpeg")
tifffile.imwrite("jpeg-tiles.tif", image, compression="jpeg", tile=(128, 128))
tifffile.imwrite("deflate.tif", image, compression="deflate")
PIL.Image.fromarray(image).save("field.jpg", quality=90)


def values(read, path):
    """Return the distinct values of the last 100 rows and the mean of the image, or the error's name."""
    try:
        found = np.asarray(read(path))
    except Exception as error:
        return type(error).__name__
    rows = np.unique(found[-100:])
    return f"{rows.min()} to {rows.max()}, mean of the image {found.mean():.1f}"


def pillow(path):
    with PIL.Image.open(path) as opened:
        return np.asarray(opened)


READERS = (
    ("jpeg.tif", "tifffile", tifffile.imread),
    ("jpeg.tif", "scikit-image", skimage.io.imread),
    ("field.jpg", "imagecodecs", imagecodecs.imread),
    ("field.jpg", "Pillow", pillow),
    ("jpeg-tiles.tif", "tifffile", tifffile.imread),
    ("deflate.tif", "tifffile", tifffile.imread),
)
print("tifffile", tifffile.__version__, "imagecodecs", imagecodecs.__version__, end=" ")
print("scikit-image", skimage.__version__, "Pillow", PIL.__version__)
print("last 100 rows of the image as written:", values(lambda _: image, ""))
seen = {}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for path, name, read in READERS:
        assert not values(read, path).endswith("Error"), "the whole file is fine"
        whole = pathlib.Path(path).read_bytes()
        cut = pathlib.Path("cut-" + path)
        cut.write_bytes(whole[: len(whole) // 2])
        seen[path, name] = values(read, cut)
        print(f"{path:14} by {name:12} {seen[path, name]}")
print("warnings:", [str(warning.message) for warning in caught])
silent = [key for key, found in seen.items() if found.startswith("128 to 128")]
errors = [key for key, found in seen.items() if found.endswith("Error")]
keys = [(path, name) for path, name, _ in READERS]
if silent != keys[:3] or errors != keys[3:] or caught:
    sys.exit("changed: expected grey from the first three readers and an error from the others")
print("as described: a JPEG without its end is read as grey")
PYTHON
"$folder/venv/bin/python" "$folder/check.py" "$folder"

#!/usr/bin/env bash
# One file per channel, written as an OME-TIFF set (as Bio-Formats and microscope software do), is not one plane.
#
# Each file of such a set holds one plane, and the OME-XML of the whole set with the names of all its files. tifffile
# follows these names, so that reading "the red file" gives all channels, whichever file is asked for, in the
# microscope's order; image[0] is then the same channel for every file. Two things hurt users who sort files by name:
#   - a set that was renamed keeps the old names inside: read beside another set of those names, it silently gives one
#     channel of its own and three of the OTHER field; read alone, three channels of zeros, with a logged warning;
#   - scikit-image moves the four channels to the end, as if they were RGBA.
# TiffFile(path).pages[0].asarray() gives the plane that is in the file, whatever its XML says.
#
# Seen 2026-11-28: tifffile 2026.3.3, scikit-image 0.26.0, numpy 2.4.6, Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tifffile==2026.3.3 scikit-image==0.26.0 numpy==2.4.6
cat > "$folder/check.py" <<'PYTHON'
import pathlib
import sys

import numpy as np
import skimage
import skimage.io
import tifffile

ROOT = pathlib.Path(sys.argv[1])
CHANNELS = ("blue", "green", "red", "yellow")


def write_set(folder, name_inside, name_on_disk, first_value):
    """Four files with one plane each; the pixels of channel n are first_value + n."""
    folder.mkdir(parents=True, exist_ok=True)
    uuids = [f"urn:uuid:{first_value:08d}-0000-4000-8000-00000000000{n}" for n in range(4)]
    channels = "".join(f'<Channel ID="Channel:0:{n}" SamplesPerPixel="1"/>' for n in range(4))
    planes = "".join(
        f'<TiffData IFD="0" PlaneCount="1" FirstC="{n}" FirstZ="0" FirstT="0">'
        f'<UUID FileName="{name_inside}_{channel}.ome.tif">{uuids[n]}</UUID></TiffData>'
        for n, channel in enumerate(CHANNELS)
    )
    for n, channel in enumerate(CHANNELS):
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{uuids[n]}">'
            '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="32" SizeY="16" '
            f'SizeC="4" SizeZ="1" SizeT="1">{channels}{planes}</Pixels></Image></OME>'
        )
        path = folder / f"{name_on_disk}_{channel}.ome.tif"
        tifffile.imwrite(path, np.full((16, 32), first_value + n, np.uint8), description=xml.encode(), metadata=None)


def corner(image):
    return image[..., 0, 0].tolist() if image.shape[-2:] == (16, 32) else image[0, 0].tolist()


write_set(ROOT / "one", "A1", "A1", 10)
write_set(ROOT / "two", "A1", "A1", 10)
write_set(ROOT / "two", "A1", "B1", 50)  # another field, renamed from A1 of another plate
write_set(ROOT / "renamed", "A1", "B1", 50)
seen = {
    "blue file of the set": corner(tifffile.imread(ROOT / "one/A1_blue.ome.tif")),
    "red file of the set": corner(tifffile.imread(ROOT / "one/A1_red.ome.tif")),
    "red file renamed to B1, A1 beside it": corner(tifffile.imread(ROOT / "two/B1_red.ome.tif")),
    "red file renamed to B1, alone": corner(tifffile.imread(ROOT / "renamed/B1_red.ome.tif")),
    "shape by scikit-image": list(skimage.io.imread(ROOT / "one/A1_red.ome.tif").shape),
    "first page of the renamed file": int(tifffile.TiffFile(ROOT / "two/B1_red.ome.tif").pages[0].asarray()[0, 0]),
}
for what, value in seen.items():
    print(f"{what}: {value}")
print("tifffile", tifffile.__version__, "scikit-image", skimage.__version__)
expected = {
    "blue file of the set": [10, 11, 12, 13],
    "red file of the set": [10, 11, 12, 13],
    "red file renamed to B1, A1 beside it": [10, 11, 52, 13],
    "red file renamed to B1, alone": [0, 0, 52, 0],
    "shape by scikit-image": [16, 32, 4],
    "first page of the renamed file": 52,
}
if seen != expected:
    sys.exit(f"changed: expected {expected}")
print("as described: a renamed file gives the channels of two fields together, or three channels of zeros")
PYTHON
"$folder/venv/bin/python" "$folder/check.py" "$folder/images" 2> "$folder/log" || { cat "$folder/log" >&2; exit 1; }

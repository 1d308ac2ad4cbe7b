import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.fields.image_settings import ImageSettings
from tests.factories.images.microscope_files import NAMES, STAINS, draw_positions

DATA = draw_positions(2, 3)

Layout = Callable[[int, int, int], tuple[str, int]]
"""File and number of the page of a plane, by position, channel and slice."""

LAYOUTS: dict[str, tuple[Layout, list[str]]] = {
    "by channel": (lambda p, c, z: (f"im_p{p}_C{c}.ome.tif", z), ["im_p0", "im_p1"]),
    "by position": (lambda p, c, z: (f"im_p{p}.ome.tif", c * 3 + z), ["im_p0", "im_p1"]),
    "by position, all in one set": (
        lambda p, c, z: (f"im_C{c}.ome.tif", p * 3 + z),
        ["im_pos-0", "im_pos-1"],
    ),
    "by slice": (lambda p, c, z: (f"im_p{p}_Z{z}.ome.tif", c), ["im_p0", "im_p1"]),
    "by plane": (lambda p, c, z: (f"im_p{p}_Z{z}_C{c}.ome.tif", 0), ["im_p0", "im_p1"]),
}


def write_set(folder: Path, layout: Layout) -> None:
    pages: dict[str, dict[int, np.ndarray]] = {}
    for position, channel, z in np.ndindex(2, 4, 3):
        name, number = layout(position, channel, z)
        pages.setdefault(name, {})[number] = DATA[position, z, channel]
    uuids = {name: f"urn:uuid:{uuid.uuid4()}" for name in pages}
    images = "".join(
        f'<Image ID="Image:{position}" Name="pos {position}"><Pixels ID="Pixels:{position}" Type="uint16" '
        'DimensionOrder="XYZCT" SizeX="60" SizeY="48" SizeZ="3" SizeC="4" SizeT="1">'
        + "".join(
            f'<Channel ID="Channel:0:{c}" Name="{n}" SamplesPerPixel="1"/>' for c, n in enumerate(NAMES)
        )
        + "".join(
            f'<TiffData FirstC="{channel}" FirstZ="{z}" FirstT="0" IFD="{layout(position, channel, z)[1]}" '
            f'PlaneCount="1"><UUID FileName="{layout(position, channel, z)[0]}">'
            f"{uuids[layout(position, channel, z)[0]]}</UUID></TiffData>"
            for channel, z in np.ndindex(4, 3)
        )
        + "</Pixels></Image>"
        for position in range(2)
    )
    for name, planes in pages.items():
        schema = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
        text = f'<?xml version="1.0"?><OME xmlns="{schema}" UUID="{uuids[name]}">{images}</OME>'
        data = np.stack([planes[number] for number in range(len(planes))])
        tifffile.imwrite(folder / name, data, photometric="minisblack", metadata=None, description=text)


def find(folder: Path, z: str) -> list[Field]:
    return find_fields(folder, ImageSettings(full_scale=65535, z=z))


@pytest.mark.parametrize("kind", list(LAYOUTS))
@pytest.mark.parametrize("z", ["0", "middle"])
def test_a_set_is_one_image_a_position(tmp_path: Path, kind: str, z: str) -> None:
    layout, ids = LAYOUTS[kind]
    write_set(tmp_path, layout)
    fields = find(tmp_path, z)
    assert [field.image_id for field in fields] == ids
    for field, position in zip(fields, DATA, strict=True):
        assert np.array_equal(field.read(STAINS), position[1 if z == "middle" else 0])


@pytest.mark.parametrize("kind", list(LAYOUTS))
def test_the_brightest_over_all_slices(tmp_path: Path, kind: str) -> None:
    write_set(tmp_path, LAYOUTS[kind][0])
    if kind in ("by slice", "by plane"):
        with pytest.raises(InputError, match="a stack of 3 slices in several files, and images.z = max"):
            find(tmp_path, "max")
        return
    for field, position in zip(find(tmp_path, "max"), DATA, strict=True):
        assert np.array_equal(field.read(STAINS), position.max(axis=0))


def test_a_missing_file_costs_its_own_position(tmp_path: Path) -> None:
    write_set(tmp_path, LAYOUTS["by channel"][0])
    (tmp_path / "im_p0_C1.ome.tif").unlink()
    first, second = find(tmp_path, "0")
    with pytest.raises(InputError, match=r"im_p0_C1\.ome\.tif: no such file, although an OME-TIFF names it"):
        first.read()
    assert np.array_equal(second.read(STAINS), DATA[1, 0])


def test_metadata_in_another_file_are_refused(tmp_path: Path) -> None:
    text = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<BinaryOnly MetadataFile="a.companion.ome" UUID="urn:uuid:1"/></OME>'
    )
    tifffile.imwrite(
        tmp_path / "a.ome.tif", DATA[0, 0], photometric="minisblack", metadata=None, description=text
    )
    with pytest.raises(InputError, match="metadata are in another file"):
        find(tmp_path, "0")

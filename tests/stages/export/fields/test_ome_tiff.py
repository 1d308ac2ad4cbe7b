"""Fields of unusual make as OME-TIFF, read back with tifffile."""

import logging
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from stages.export.fields.ome_tiff import write_images
from stages.export.settings import ExportSettings
from tests.factories.context import QuietContext
from tests.factories.exports.unusual_fields import CROWD, EMPTY, ODD, PLAIN, UnusualFields

SETTINGS = ExportSettings(format="ome-tiff")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pixels_and_sizes(tmp_path: Path, dtype: type, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hpacells")
    made = UnusualFields(tmp_path, dtype=dtype)
    report = write_images(made.write(), tmp_path / "out", SETTINGS, QuietContext())
    assert report.counts == {"fields": 4, "failed": 0}
    for name, size in ((ODD, 0.1), (CROWD, 0.08), (EMPTY, 0.08), (PLAIN, None)):
        with tifffile.TiffFile(tmp_path / f"out/{name}.ome.tif") as file:
            np.testing.assert_array_equal(file.series[0].asarray(), made.image(name))
            assert (f'PhysicalSizeX="{size}"' in file.ome_metadata) == (size is not None)
            assert 'Name="nucleus (blue)"' in file.ome_metadata
    assert "the files of 3 fields, such as" in caplog.text


def test_hpacells_itself_reads_them(tmp_path: Path) -> None:
    made = UnusualFields(tmp_path)
    write_images(made.write(), tmp_path / "out", SETTINGS, QuietContext())
    found = {field.image_id: field.read() for field in find_fields(tmp_path / "out")}
    assert set(found) == set(made.labels)
    for name, image in found.items():
        np.testing.assert_array_equal(image, made.image(name))


def test_a_missing_channel_is_left_out_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = UnusualFields(tmp_path)
    inputs = made.write()
    files = {channel: path for channel, path in made.fields[0].files.items() if channel != "yellow"}
    fields = [Field(ODD, files), *made.fields[1:]]
    report = write_images(replace(inputs, fields=fields), tmp_path, SETTINGS, QuietContext())
    assert report.counts == {"fields": 4, "failed": 0}
    np.testing.assert_array_equal(tifffile.imread(tmp_path / f"{ODD}.ome.tif"), made.image(ODD)[:3])
    assert f"1 fields without yellow, such as {ODD}" in caplog.text


def test_a_field_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    made = UnusualFields(tmp_path)
    inputs = made.write()
    write_images(inputs, tmp_path, SETTINGS, QuietContext())
    gone = Field(ODD, {}, fault=InputError(found="no image", where=ODD))
    (made.images / f"{CROWD}_green.png").write_bytes(b"no picture")
    for channel in made.fields[3].files:
        cv2.imwrite(str(made.images / f"{PLAIN}_{channel}.png"), np.ones((41, 40), np.uint8))
    report = write_images(
        replace(inputs, fields=[gone, *made.fields[1:]]), tmp_path, SETTINGS, QuietContext()
    )
    why = {failure.where: failure.why for failure in report.failures}
    assert set(why) == {ODD, CROWD, PLAIN}
    assert "no image" in why[ODD]
    assert "40 x 41 px, but masks of 40 x 40" in why[PLAIN]
    assert [path.name for path in tmp_path.glob("*.ome.tif")] == [f"{EMPTY}.ome.tif"]


def test_the_folder_of_the_images_is_refused(tmp_path: Path) -> None:
    made = UnusualFields(tmp_path)
    inputs = made.write()
    for folder in (made.images, made.images / "work/export"):
        with pytest.raises(InputError, match="inside that of the images"):
            write_images(inputs, folder, SETTINGS, QuietContext())
    assert {field.image_id for field in find_fields(made.images)} == set(made.labels)

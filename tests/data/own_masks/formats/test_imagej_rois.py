from pathlib import Path

import numpy as np
import pytest
import roifile

from data.errors import InputError
from data.own_masks.formats.imagej_rois import read_rois
from data.own_masks.outlines import draw_shapes

POLYGON = np.array([[5, 5], [20, 5], [20, 25], [5, 25]])


def test_an_archive_and_a_single_region(tmp_path: Path) -> None:
    rois = [
        roifile.ImagejRoi.frompoints(POLYGON),
        roifile.ImagejRoi.frompoints(POLYGON + np.array([25.25, 0])),
    ]
    roifile.roiwrite(tmp_path / "a.zip", rois)
    drawn = draw_shapes(read_rois(tmp_path / "a.zip"), (40, 60), "a")
    expected = np.zeros((40, 60), int)
    expected[5:25, 5:20], expected[5:25, 30:45] = 1, 2
    np.testing.assert_array_equal(drawn, expected)
    rois[0].tofile(tmp_path / "a.roi")
    np.testing.assert_array_equal(draw_shapes(read_rois(tmp_path / "a.roi"), (40, 60), "a"), expected == 1)


@pytest.mark.parametrize(("kind", "area"), [("RECT", 300), ("OVAL", 235)])
def test_rectangles_and_ovals(tmp_path: Path, kind: str, area: int) -> None:
    roi = roifile.ImagejRoi()
    roi.roitype = roifile.ROI_TYPE[kind]
    roi.left, roi.top, roi.right, roi.bottom = 5, 5, 20, 25
    roi.tofile(tmp_path / "a.roi")
    drawn = draw_shapes(read_rois(tmp_path / "a.roi"), (40, 60), "a")
    assert np.count_nonzero(drawn) == pytest.approx(area, rel=0.03)


def test_points_and_damaged_files_are_refused(tmp_path: Path) -> None:
    roi = roifile.ImagejRoi.frompoints(POLYGON)
    roi.roitype = roifile.ROI_TYPE.POINT
    roi.tofile(tmp_path / "a.roi")
    with pytest.raises(InputError, match="is of type POINT"):
        read_rois(tmp_path / "a.roi")
    for name, content in (("b.roi", b"Iout"), ("c.zip", b"PK\x03\x04 nonsense"), ("d.zip", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="unreadable"):
            read_rois(tmp_path / name)


def test_a_region_without_an_area(tmp_path: Path) -> None:
    (tmp_path / "a.roi").write_bytes(b"Iout" + bytes(60))
    with pytest.raises(InputError, match=r"a\.roi: region .* has no area"):
        read_rois(tmp_path / "a.roi")

from pathlib import Path

import pytest

from data.errors import InputError
from data.fields.naming.channel_patterns import parse_channels
from data.fields.naming.folder_listing import Kind, ListedFile, image_suffix_of


def listed(path: str) -> ListedFile:
    parts = tuple(path.split("/"))
    *folders, name = parts
    place = Path(*folders)
    return ListedFile(place, tuple(folders), name, image_suffix_of(name), Kind.FILE, str(place))


@pytest.mark.parametrize(
    ("setting", "path", "channel", "name"),
    [
        ("auto", "A1_red.png", "red", "A1"),
        ("auto", "x/A1_b_YELLOW.TIF.GZ", "yellow", "A1_b"),
        ("kaggle", "A1_green.ome.tif", "green", "A1"),
        ("red=*_ch00.tif,green=*_ch01.tif", "p/A1_ch01.tif", "green", "A1"),
        ("red=*_ch00.tif,green=*_ch01.tif", "A1_CH00.TIF", "red", "A1"),
        ("mt=red/*.tif,dapi=blue/*.tif", "plate/blue/A1.tif", "blue", "A1"),
        ("blue=*_w[12]", "A1_w2.tiff", "blue", "A1"),
        ("blue=*_s?_w1.TIF", "A1_s3_w1.tif", "blue", "A1"),
        ("subcell", "cell_mt.png", "red", "cell"),
        ("stains", "A1_DAPI.tif", "blue", "A1"),
        ("leica:blue,green,red,yellow", "Series001_ch02.tif", "red", "Series001"),
        ("leica:blue,-,red", "Series001_ch02.tif", "red", "Series001"),
        ("imagexpress:blue,green,red,yellow", "p_A01_s1_w2.TIF", "green", "p_A01_s1"),
        (
            "imagexpress:blue,green,red,yellow",
            "p_A01_s1_w201234567-89AB-CDEF-0123-456789ABCDEF.tif",
            "green",
            "p_A01_s1",
        ),
        ("opera:blue,green,red,yellow", "r01c01f01p01-ch4sk1fk1fl1.tiff", "yellow", "r01c01f01p01"),
        ("imagej:blue,green,red,yellow", "C1-A1.tif", "blue", "A1"),
    ],
)
def test_which_channel_of_which_field(setting: str, path: str, channel: str, name: str) -> None:
    found = parse_channels(setting).match(listed(path))
    assert found is not None
    assert (found.channel, found.name) == (channel, name)


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("auto", "A1_blue_red_green.jpg"),
        ("auto", "A1_cells.png"),
        ("auto", "_red.png"),
        ("red=*_ch00.tif", "A1_ch00.png"),
        ("red=*_ch00.tif", "A1_ch000.tif"),
        ("leica:blue,-,red", "Series001_ch01.tif"),
        ("leica:blue,green,red,yellow", "Series001_ch04.tif"),
        ("opera:blue,green,red,yellow", "r01c01f01p01-ch11sk1fk1fl1.tiff"),
    ],
)
def test_other_files(setting: str, path: str) -> None:
    assert parse_channels(setting).match(listed(path)) is None


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("nobody", "no such preset: 'nobody'.*kaggle"),
        ("leica", r"which stain is not known.*ch00, ch01, ch02, ch03.*leica:blue,green,red,yellow"),
        ("opera:blue,blue", "is not understood"),
        ("red=A1.tif", r"no \* in the pattern"),
        ("red=*_*.tif", r"2 \* in the pattern"),
        ("pink=*_ch00.tif", "'pink=.*' is not understood"),
    ],
)
def test_settings_that_are_not_understood(setting: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        parse_channels(setting)


def test_two_patterns_of_one_file() -> None:
    with pytest.raises(InputError, match=r"red=\*_ch0\? and blue=\*_ch01 both fit A1_ch01.tif"):
        parse_channels("red=*_ch0?,blue=*_ch01").match(listed("A1_ch01.tif"))

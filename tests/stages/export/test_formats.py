"""The registry of formats: names of files, writers that exist, settings and help that know them all."""

from pathlib import Path
from typing import get_args

import pytest

from stages.export.formats import FORMATS, Format, describe_formats
from stages.export.settings import FormatName


def test_settings_and_help_know_every_format() -> None:
    assert get_args(FormatName) == tuple(FORMATS)
    assert all(f"{name} ({each.opened_by})" in describe_formats() for name, each in FORMATS.items())


@pytest.mark.parametrize("name", FORMATS)
def test_every_writer_can_be_loaded(name: str) -> None:
    assert callable(FORMATS[name].load_writer())


def test_paths_of_one_file_and_of_many() -> None:
    one = Format("a", ("cells.x",), "m:f")
    assert one.is_one_path
    assert one.list_paths(Path("d"), ["A", "B"]) == (Path("d/cells.x"),)
    many = Format("a", ("<ID>.x", "<ID>.y.z"), "m:f")
    assert not many.is_one_path
    assert many.list_paths(Path("d"), ["A b.c", "B"]) == tuple(
        Path("d", name) for name in ("A b.c.x", "B.x", "A b.c.y.z", "B.y.z")
    )
    both = Format("a", ("all.csv", "<ID>.x"), "m:f")
    assert not both.is_one_path
    assert both.list_paths(Path("d"), ["A"]) == (Path("d/all.csv"), Path("d/A.x"))

from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.thresholds.threshold_file import read_thresholds, write_thresholds
from data.thresholds.thresholds import Thresholds

NAMES = ["Rods & rings", "Golgi apparatus", "Cytosol"]


def test_written_and_read_again(tmp_path: Path) -> None:
    written = Thresholds(np.array([0.1, 0.123, 1.0]), ["one note", "another"])
    write_thresholds(tmp_path / "thresholds.toml", written, NAMES)
    read = read_thresholds(tmp_path / "thresholds.toml", NAMES)
    np.testing.assert_array_equal(read.values, written.values)
    assert read.notes == written.notes
    turned = read_thresholds(tmp_path / "thresholds.toml", NAMES[::-1])
    np.testing.assert_array_equal(turned.values, written.values[::-1])


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "unreadable"),
        ("[thresholds", "unreadable"),
        ("[other]", "no 'thresholds'"),
        ('[thresholds]\nCytosol = 0.5\n"Rods & rings" = 1', "no 'Golgi apparatus'"),
        ('[thresholds]\nCytosol = "a"\n"Rods & rings" = 1\n"Golgi apparatus" = 1', "could not convert"),
        ('[thresholds]\nCytosol = 1.2\n"Rods & rings" = 1\n"Golgi apparatus" = 1', "outside 0..1"),
        ('[thresholds]\nCytosol = nan\n"Rods & rings" = 1\n"Golgi apparatus" = 1', "outside 0..1"),
    ],
)
def test_files_that_are_not_understood(tmp_path: Path, content: str | None, found: str) -> None:
    path = tmp_path / "thresholds.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=f"thresholds.toml: .*{found}.*expected a threshold"):
        read_thresholds(path, NAMES)

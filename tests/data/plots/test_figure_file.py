from pathlib import Path

import cv2
import pytest
from matplotlib.figure import Figure

from data.plots.figure_file import shorten, write_figure


def test_a_figure_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    write_figure(path, Figure(figsize=(2, 1), dpi=50))
    assert cv2.imread(str(path)).shape == (50, 100, 3)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("name", "told"), [("Nucleoli", "Nucleoli"), ("Nucleoplasm", "Nucleo…")])
def test_long_names_are_cut(name: str, told: str) -> None:
    assert shorten(name, 8) == told

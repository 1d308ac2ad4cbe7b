"""Two segmenters, or one and known masks, compared from the command line."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def images(simulated: Path, tmp_path: Path) -> Path:
    """Two of the simulated fields."""
    folder = tmp_path / "images"
    folder.mkdir()
    for path in simulated.glob("*.png"):
        if path.name.startswith(("sim-11-00001_", "sim-11-00002_")):
            shutil.copy(path, folder)
    return folder


def test_a_segmenter_against_known_masks(
    hpacells: Run, simulated: Path, images: Path, tmp_path: Path
) -> None:
    command = ["segmenter", "compare", "classical", simulated / "masks", "--images", images]
    done = hpacells(*command, "--output", tmp_path / "out")
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert summary["pooled"]["f1"] > 0.7
    assert f"{summary['pooled']['f1']:.3f}" in done.stdout.split("\n\n")[0].splitlines()[-1]
    assert summary["scores"]["pooled"]["f1"]["0.60"] == summary["pooled"]["f1"]
    assert "mean segmentation accuracy" in done.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "cells.csv",
        "summary.json",
        "worst.png",
        "compare.json",
        ".written.json",
    }
    again = hpacells(*command, "--output", tmp_path / "out")
    assert again.stdout == done.stdout
    assert "done before" in again.stderr
    # The same without a folder to write to, and with pixels of another size.
    assert hpacells(*command).stdout == done.stdout
    assert hpacells(*command, "--pixel-size", 0.2).stdout != done.stdout


def test_the_annotated_set_of_the_hpa(hpacells: Run, tmp_path: Path) -> None:
    """Made-up fields in its layout: two round cells, outlined by hand with y from below, and one missed."""
    y, x = np.mgrid[:128, :160]
    for name, centres in {"407_1852_D7_32": [(40, 40), (80, 115)], "3213_1239_D9_1": [(64, 80)]}.items():
        folder = tmp_path / "valid" / name
        folder.mkdir(parents=True)
        away = np.min([np.hypot(y - cy, x - cx) for cy, cx in centres], axis=0)
        for stain, radius in {"microtubules": 28, "er": 26, "protein": 26, "nuclei": 12}.items():
            cv2.imwrite(str(folder / f"{stain}.png"), ((away < radius) * 180).astype(np.uint8))
        angles = np.linspace(0, 2 * np.pi, 60)
        features = [
            {
                "type": "Feature",
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[cx + 28 * np.cos(a), 128 - (cy + 28 * np.sin(a))] for a in angles]],
                },
                "properties": {"label": "cell"},
            }
            for cy, cx in centres
        ]
        content = {"type": "FeatureCollection", "features": features}
        (folder / "annotation.json").write_text(json.dumps(content))
    stains = "red=*/microtubules.png,yellow=*/er.png,blue=*/nuclei.png,green=*/protein.png"
    valid = tmp_path / "valid"
    command = ["segmenter", "compare", valid, "classical", "--images", valid, "--channels", stains]
    done = hpacells(*command, "--pixel-size", 0.32, "--output", tmp_path / "out")
    pooled = json.loads((tmp_path / "out/summary.json").read_text())
    assert pooled["pooled"]["cells_a"] == 3
    assert pooled["pooled"]["matched"] == 3
    assert pooled["scores"]["pooled"]["aji"] > 0.8
    assert "407_1852_D7_32" in done.stdout


def test_a_bad_field_is_told_and_the_others_are_compared(
    hpacells: Run, simulated: Path, images: Path
) -> None:
    (images / "sim-11-00001_red.png").write_bytes(b"no image")
    done = hpacells("segmenter", "compare", "classical", simulated / "masks", "--images", images, status=2)
    assert "left out sim-11-00001" in done.stderr
    assert done.stdout.splitlines()[2].startswith("sim-11-00002")


@pytest.mark.parametrize("name", ["nosuch", "images"])
def test_what_is_no_source_of_cells_is_one_line(hpacells: Run, images: Path, name: str) -> None:
    given = images if name == "images" else name
    done = hpacells("segmenter", "compare", given, "classical", "--images", images, status=2)
    assert done.stderr.count("\n") == 1
    assert "expected" in done.stderr
    assert not done.stdout

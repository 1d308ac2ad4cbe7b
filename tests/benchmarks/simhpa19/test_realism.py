import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.simhpa19.image_statistics.field_statistics import FieldFigures
from benchmarks.simhpa19.realism import compare, main, measure_folder, to_markdown
from benchmarks.simhpa19.side_by_side import find_fullest_window
from data.channels import CHANNELS
from data.masks.label_image import write_label_image


def figures(**values: float) -> FieldFigures:
    return FieldFigures(values, np.zeros((4, 256)), np.zeros((4, 32)))


def test_the_median_is_held_against_the_range() -> None:
    simulated = {str(n): figures(a=float(n), b=1.0, c=9.0) for n in range(5)}
    real = {
        "fields": {"x": figures(a=1, b=2, c=3), "y": figures(a=3, b=4, c=5)},
        "cm4ai": {"z": figures(a=7, b=8, c=9)},
    }
    rows = compare(simulated, real)
    assert rows["inside"].tolist() == [True, False, False]
    assert rows.loc["a", "simulated"] == 2
    assert rows.loc["a", ["real_low", "real_high", "other_low"]].tolist() == [1, 3, 7]
    lines = to_markdown(rows).splitlines()
    assert lines[2] == "| a | 1 to 3 | 2 (0.2 to 3.8) | yes | 7 to 7 |"
    assert "| low |" in lines[3]
    assert "| HIGH |" in lines[4]


def write_field(folder: Path, masks: Path, name: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:256, :256]
    cells = ((y - 128) ** 2 + (x - 128) ** 2 < 90**2).astype(np.uint16)
    nucleus = (y - 128) ** 2 + (x - 128) ** 2 < 40**2
    folder.mkdir(parents=True, exist_ok=True)
    for number, channel in enumerate(CHANNELS):
        plane = 40 * cells + random.normal(10, 3, cells.shape) + (80 * nucleus if number == 2 else 0)
        cv2.imwrite(str(folder / f"{name}_{channel}.png"), np.clip(plane, 0, 255).astype(np.uint8))
    write_label_image(masks / f"{name}_cells.png", cells)


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    simulated, real, output = (tmp_path / name for name in ("simulated", "real", "output"))
    for seed in range(2):
        write_field(simulated, simulated / "masks", f"s{seed}", seed)
        write_field(real / "fields", real / "reference_masks", f"r{seed}", seed)
    arguments = [str(simulated), "--real", str(real), "--output", str(output), "--fields", "1"]
    monkeypatch.setattr(sys, "argv", ["realism", *arguments])
    main()
    told = capsys.readouterr().out
    assert "1 simulated fields; real: {'fields': 2}" in told
    record = json.loads((output / "realism.json").read_text())
    assert record["fields"] == {"simulated": 1, "fields": 2}
    # The first simulated field is the twin of a real one.
    assert all(row["inside"] for row in record["figures"].values() if row["simulated"] is not None)
    assert cv2.imread(str(output / "realism.png")) is not None
    upper, lower = np.split(cv2.imread(str(output / "fields.png")), [302])
    # Two real fields above two simulated ones.
    assert (upper[:300, :300] == lower[2:, :300]).all()
    details = cv2.imread(str(output / "details.png"))
    assert details.shape == (4 * 304 - 4, 4 * 304 - 4, 3)


def test_the_fullest_window() -> None:
    cells = np.zeros((100, 120), bool)
    cells[60:90, 40:80] = True
    y, x = find_fullest_window(cells, 40)
    assert cells[y : y + 40, x : x + 40].sum() == 1200
    assert find_fullest_window(cells[:30, :30], 40) == (0, 0)


def test_real_fields(shared: Path) -> None:
    hpa = shared / "hpa"
    (measured,) = measure_folder(hpa / "fields", hpa / "reference_masks", 0.08, most=1).values()
    assert 300 < measured.figures["cell area um2"] < 3000
    assert 80 < measured.figures["nucleus area um2"] < 500
    assert -4 < measured.figures["blue slope"] < -2.5

import json
import sys
from pathlib import Path

import cv2
import pytest

from benchmarks.simhpa19 import checks
from data.labels.label_file import CLASS_NAMES

RECIPE = """
images = "single"
device = "cpu"
[tiles]
size = 32
[split]
folds = 0
[backbone]
name = "test_efficientnet"
pretrained = "none"
[fit]
epochs = 1
batch_size = 8
"""


@pytest.mark.slow
def test_all_checks(
    benchmark_set: Path,
    real_cells: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe, teams, work = tmp_path / "recipe.toml", tmp_path / "teams.csv", tmp_path / "work"
    recipe.write_text(RECIPE)
    rows = [f"team_1,{label},{name},0,0,{0.3 + label / 50}" for label, name in enumerate(CLASS_NAMES)]
    teams.write_text("\n".join(["team,class_id,class,AP_all,AP_public,AP_private", *rows]))
    arguments = [benchmark_set, "--work", work, "--recipe", recipe, "--teams", teams, "--cells", real_cells]
    monkeypatch.setattr(sys, "argv", ["checks", *map(str, arguments)])
    checks.main()
    told = capsys.readouterr().out
    results = json.loads((work / "checks.json").read_text())
    assert set(results["macro_ap"]) == {"network", "linear", "green", "shuffled"}
    assert set(checks.CHECKS) <= set(results)
    for row in results["classes"]:
        assert row["cells"] > 0
        assert all(0 < row[arm] <= 1 for arm in results["macro_ap"])
    assert results["linear"]["difference"] == pytest.approx(
        results["macro_ap"]["network"] - results["macro_ap"]["linear"]
    )
    linear, shuffled = results["linear"], results["shuffled"]
    assert linear["holds"] == (linear["difference"] > 0.1)
    assert shuffled["holds"] == (shuffled["shuffled"] <= shuffled["permuted_97.5_%"])
    assert f"check linear: {'holds' if linear['holds'] else 'DOES NOT HOLD'}" in told
    assert results["reality"]["chance"] == 0.5
    assert f"{results['cells']} cells, macro AP over" in told
    assert "Spearman" in told
    for name in ("classes.png", "order.png", "reality/confusion.png", "reality/worst.png"):
        assert cv2.imread(str(work / name)) is not None

    # The green arm sees one channel; nothing is trained a second time.
    described = (work / "green/model/model.toml").read_text()
    assert 'channels = [\n    "green",\n]' in described
    before = (work / "network/model/model.safetensors").stat().st_mtime_ns
    monkeypatch.setattr(sys, "argv", ["checks", *map(str, arguments[:5]), "--only", "linear"])
    checks.main()
    assert (work / "network/model/model.safetensors").stat().st_mtime_ns == before
    again = json.loads((work / "checks.json").read_text())
    assert set(again["macro_ap"]) == {"network", "linear"}
    assert again["macro_ap"]["network"] == results["macro_ap"]["network"]


def test_an_unknown_check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["checks", "data", "--work", "w", "--only", "linear,gren"])
    with pytest.raises(SystemExit):
        checks.main()
    assert "no such check: gren" in capsys.readouterr().err

import importlib.metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data.errors import InputError
from models import doctor
from models.runtimes.names import RUNTIMES
from pipeline.cli import app


def test_versions_runtimes_and_weights(tmp_path: Path) -> None:
    findings = doctor.examine(tmp_path / "not" / "there")
    assert findings["packages"]["numpy"] == importlib.metadata.version("numpy")
    assert findings["runtimes"]["torch"] == "yes"
    assert set(findings["runtimes"]) == {"auto", *RUNTIMES}
    assert findings["weights"]["simhpa19"].startswith("bundled at ")
    assert str(tmp_path / "not" / "there") in findings["free disk"]["work"]
    assert float(findings["free disk"]["work"].split(" GiB")[0]) > 0


def test_what_fails_is_told_and_hides_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(name: str = "auto") -> str:
        raise InputError(found=f"no {name}", where="runtime")

    def break_down(name: str) -> Path:
        message = "broken"
        raise RuntimeError(message)

    monkeypatch.setattr(doctor, "resolve_runtime", refuse)
    monkeypatch.setattr(doctor, "find_weights", break_down)
    findings = doctor.examine(tmp_path)
    assert findings["runtimes"]["torch"] == "no (runtime: no torch)"
    assert findings["weights"]["dpn_unet_cell"] == "cannot be told (RuntimeError: broken)"
    assert findings["hpacells"]["version"] == importlib.metadata.version("hpacells")


def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("a-package-that-nobody-made",))
    assert doctor.examine(tmp_path)["packages"] == {"a-package-that-nobody-made": "not installed"}


def test_the_command_prints_a_block_per_heading(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--work", str(tmp_path)])
    assert result.exit_code == 0
    headings = [line for line in result.output.splitlines() if not line.startswith(" ")]
    assert headings == [
        "hpacells",
        "packages",
        "pixels",
        "hardware",
        "runtimes",
        "segmenter",
        "weights",
        "free disk",
    ]

"""What all stages have in common: how they are called, and what their paths and settings bring along."""

import importlib
import subprocess
import sys
from dataclasses import fields, is_dataclass
from inspect import signature
from pathlib import Path
from typing import get_type_hints

import pytest

from stages.stage import Context, StageReport, StageSettings

STAGES = Path(__file__).parents[2] / "stages"
RUNS = sorted(f"stages.{path.parent.name}.{path.stem}" for path in STAGES.glob("*/run*.py"))
RUNS += ["stages.segmenter.compare", "stages.segmenter.train", "stages.submission.merge"]
PATHS = sorted(f"stages.{path.parent.name}.paths" for path in STAGES.glob("*/paths.py"))
SETTINGS = sorted(f"stages.{path.parent.name}.{path.stem}" for path in STAGES.glob("*/*settings.py"))


@pytest.mark.parametrize("module", RUNS)
def test_every_stage_is_called_alike(module: str) -> None:
    run = importlib.import_module(module).run
    assert list(signature(run).parameters) == ["inputs", "outputs", "settings", "context"]
    hints = get_type_hints(run)
    assert (hints["context"], hints["return"]) == (Context, StageReport)
    assert issubclass(hints["settings"], StageSettings)
    for kind in ("inputs", "outputs"):
        assert is_dataclass(hints[kind])
        assert hints[kind].__dataclass_params__.frozen
        assert hints[kind].__name__.lower().endswith(kind)


@pytest.mark.parametrize("module", RUNS)
def test_paths_are_named_as_paths(module: str) -> None:
    hints = get_type_hints(importlib.import_module(module).run)
    for kind in (hints["inputs"], hints["outputs"]):
        types = get_type_hints(kind)
        named = {field.name for field in fields(kind) if types[field.name] in (Path, Path | None)}
        assert all(name.endswith(("_path", "_dir")) for name in named)


def test_neither_paths_nor_settings_import_torch() -> None:
    names = ", ".join([*PATHS, *SETTINGS])
    code = f"import sys, {names}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

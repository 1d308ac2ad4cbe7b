"""Every benchmark can be imported, so that none is left behind when names move."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_every_benchmark_finds_what_it_imports() -> None:
    files = [path.relative_to(ROOT) for path in (ROOT / "benchmarks").rglob("*.py")]
    modules = sorted(".".join(path.with_suffix("").parts) for path in files if path.name != "__init__.py")
    assert len(modules) > 20
    script = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-c", script, *modules], cwd=ROOT, capture_output=True, text=True)
    assert not done.returncode, done.stderr

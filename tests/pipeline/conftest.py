from pathlib import Path

import pytest

from pipeline.benchmark import sets as benchmark_sets

LITTLE = """
[common]
size = 130
labels = "kaggle"
[part.train]
cell_lines = ["small"]
[part.validation]
[part.test]
[set.one]
seed = 3
[set.one.train]
fields = 2
seed = 4
[set.one.validation]
fields = 1
[set.one.test]
fields = 1
"""


@pytest.fixture
def little(tmp_path, monkeypatch):
    """A benchmark with one little set."""
    (tmp_path / "simhpa19.toml").write_text(LITTLE)
    monkeypatch.setattr(benchmark_sets, "benchmark_folder", lambda: tmp_path)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Label file of the images a and b, a class each."""
    path = tmp_path / "labels.csv"
    path.write_text("ID,Label\na,0\nb,1\n")
    return path

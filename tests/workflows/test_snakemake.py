"""The Snakemake workflow, run whole by the real Snakemake."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.factories.command_line import run_here
from tests.factories.simulated_set import simulate_into

SNAKEFILE = Path(__file__).parents[2] / "workflows/snakemake/Snakefile"


@pytest.fixture(scope="module")
def snakemake(make_environment) -> Path:
    """The real Snakemake, in an environment of its own in the machine's cache."""
    return make_environment("snakemake", "snakemake==9.27.1") / "bin/snakemake"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "my fields"
    simulate_into(folder, fields=3, size=400, seed=5)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_whole_workflow(snakemake: Path, warm_hpacells: Path, images: Path, tmp_path: Path) -> None:
    work = tmp_path / "my work"
    environment = os.environ | {
        "PATH": os.pathsep.join([str(warm_hpacells.parent), os.environ["PATH"]]),
        "HOME": str(tmp_path),
    }
    command = [snakemake, "--snakefile", SNAKEFILE, "--directory", tmp_path, "--cores", "2"]
    command += ["--config", f"images={images}", f"work={work}", "shards=2", "export=[h5ad,tables]"]

    def run(*more: str) -> str:
        done = subprocess.run(
            [*map(str, command), *more], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    run()
    for stage in ("segment", "crops", "predict"):
        more = ("--model", "simhpa19") if stage == "predict" else (images,)
        run_here(stage, *more, "--work", tmp_path / "single")
    for name in ("images.parquet", "cells.parquet", "predictions.parquet"):
        assert (work / name).read_bytes() == (tmp_path / "single" / name).read_bytes()
    for name in ("submission.csv", "report/index.html", "cells.h5ad", "export/image_summary.csv"):
        assert (work / name).is_file()
    assert "Nothing to be done" in run()
    # What Snakemake takes for undone is done before for hpacells.
    assert run("--forceall").count("nothing changed") == 2 * 3 + 3 + 1 + 2 + 1

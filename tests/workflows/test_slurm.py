"""The scripts for SLURM, run as they are under stand-ins for sbatch and srun."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.factories.command_line import run_here
from tests.factories.simulated_set import simulate_into

ROOT = Path(__file__).parents[2]

SBATCH = r"""#!/usr/bin/env bash
# Runs what is submitted at once, all tasks of an array side by side, unless a job that it depends on failed.
set -euo pipefail
echo "$*" >> "$SLURM_LOG"
array="" after=""
while [ "${1#-}" != "$1" ]; do
  case "$1" in
    --array=*) array=${1#--array=} ;;
    --dependency=afterok:*) after=${1#--dependency=afterok:} ;;
    --parsable | --output=* | --time=* | --partition=*) ;;
    *) echo "sbatch: unknown option $1" >&2; exit 1 ;;
  esac
  shift
done
job=$(($(wc -l < "$SLURM_LOG") + 100))
status=0
if [ -n "$after" ] && [ "$(cat "$SLURM_LOG.$after")" != 0 ]; then
  status=dependency
elif [ -n "$array" ]; then
  IFS=- read -r first last <<< "$array"
  tasks=()
  for ((task = first; task <= ${last:-first}; task++)); do
    SLURM_ARRAY_TASK_ID=$task bash "$@" >&2 &
    tasks+=($!)
  done
  for task in "${tasks[@]}"; do wait "$task" || status=$?; done
else
  bash "$@" >&2 || status=$?
fi
echo "$status" > "$SLURM_LOG.$job"
echo "$job;cluster"
"""


@pytest.fixture
def environment(tmp_path: Path, warm_hpacells: Path) -> dict[str, str]:
    """Stand-ins for sbatch and srun on the path, with hpacells."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {"sbatch": SBATCH, "srun": '#!/bin/sh\nexec "$@"\n'}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    path = os.pathsep.join([str(programs), str(warm_hpacells.parent), os.environ["PATH"]])
    return os.environ | {"PATH": path, "SLURM_LOG": str(tmp_path / "slurm.log")}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slurm") / "my fields"
    simulate_into(folder, fields=4, size=400, seed=5)
    return folder


def submit(environment: dict[str, str], *words: object) -> subprocess.CompletedProcess[str]:
    script = ROOT / "workflows/slurm/submit.sh"
    return subprocess.run(
        [script, *map(str, words)], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_an_array_of_shards_is_merged_and_reported(
    images: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    work = tmp_path / "my work"
    done = submit(environment, images, work, 2, "simhpa19", "--partition=cpu")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "shards: job 101, merge: job 102\n"
    assert (work / "report/index.html").is_file()
    run_here("segment", images, "--work", tmp_path / "single")
    assert (work / "images.parquet").read_bytes() == (tmp_path / "single/images.parquet").read_bytes()
    submitted = Path(environment["SLURM_LOG"]).read_text().splitlines()
    assert "--array=0-1" in submitted[0]
    assert "--dependency=afterok:101" in submitted[1]
    again = submit(environment, images, work, 2)
    assert again.returncode == 0
    assert again.stderr.count("nothing changed") == 2 * 3 + 3 + 2


@pytest.mark.slow
def test_nothing_is_merged_where_a_shard_failed(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    done = submit(environment, tmp_path / "images", tmp_path / "work", 2)
    assert done.returncode == 0
    assert Path(environment["SLURM_LOG"] + ".102").read_text() == "dependency\n"
    assert not (tmp_path / "work/segment.json").exists()


def test_too_few_words_are_explained(environment: dict[str, str], tmp_path: Path) -> None:
    done = submit(environment, tmp_path)
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_every_job_asks_for_cores_memory_and_time() -> None:
    for script in (ROOT / "workflows/slurm").glob("*.sbatch"):
        asked = re.findall(r"^#SBATCH --(\S+?)=", script.read_text(), re.MULTILINE)
        assert {"job-name", "cpus-per-task", "mem", "time"} <= set(asked)

"""What `hpacells plan` forecasts, beside what the run then takes: time, disk and memory of each stage.

Run from the top folder: ``python -m benchmarks.plan``. The demo set of ``make demo`` and a larger simulated
set are made in a temporary folder; each is planned, and then run, by the command line. Memory of a stage is
the largest resident memory that is seen, 50 times per second, until its manifest is there.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.side_by_side.machine import describe_run
from pipeline.plan.durations import format_duration
from pipeline.plan.measured_run import count_bytes
from pipeline.plan.table import format_bytes
from pipeline.runs.manifest import read_manifest

_HPACELLS = str(Path(sys.executable).with_name("hpacells"))
_STAGES = ("segment", "crops", "predict", "combine", "inspect")
_PAUSE_SECONDS = 0.02
_START_UP = "start-up"
_TOTAL = "total"


def simulate(folder: Path, fields: int, seed: int, size: int) -> None:
    """Simulate fields into a folder."""
    _call("simulate", folder, "--fields", fields, "--seed", seed, "--size", size)


def forecast(images: Path, path: Path, options: list[str]) -> dict[str, Any]:
    """Return what the plan of a folder says, as JSON has it."""
    _call("plan", images, "--json", path, *options)
    return json.loads(path.read_text())


def run(images: Path, work: Path, options: list[str]) -> dict[str, dict[str, float]]:
    """Run all stages and return seconds, bytes on the disk and bytes of memory by stage."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [_HPACELLS, "run", str(images), "--work", str(work), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    memory: dict[str, int] = dict.fromkeys(_STAGES, 0)
    sizes: dict[str, int] = {}
    while process.poll() is None:
        time.sleep(_PAUSE_SECONDS)
        left = [stage for stage in _STAGES if stage not in sizes]
        if left:
            memory[left[0]] = max(memory[left[0]], _resident_bytes(process.pid))
            if (work / f"{left[0]}.json").is_file():
                sizes[left[0]] = count_bytes(work)
    if process.returncode:
        sys.exit(f"hpacells run ended with status {process.returncode}")
    wall = time.perf_counter() - started
    found, before = {}, 0
    for stage in _STAGES:
        manifest = read_manifest(work / f"{stage}.json")
        size = sizes.get(stage, count_bytes(work))
        seconds = manifest.seconds if manifest else 0.0
        found[stage] = {"seconds": seconds, "disk_bytes": size - before, "memory_bytes": memory[stage]}
        before = size
    outside = wall - sum(row["seconds"] for row in found.values())
    found[_START_UP] = {"seconds": outside, "disk_bytes": 0, "memory_bytes": 0}
    most = max(memory.values())
    found[_TOTAL] = {"seconds": wall, "disk_bytes": count_bytes(work), "memory_bytes": most}
    return found


def _resident_bytes(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), 0)


def compare(name: str, planned: dict[str, Any], ran: dict[str, dict[str, float]]) -> list[str]:
    """Return the table of a set as lines of Markdown: forecast, what happened, and their ratio."""
    cells = f"about {planned['cells']:.0f} cells; {planned['timed_fields']} fields were timed"
    low, high = (format_duration(planned[f"seconds_{end}"]) for end in ("low", "high"))
    lines = [
        f"{name}: {planned['fields']} fields, {cells}; the plan took "
        f"{format_duration(planned['plan_seconds'])}, and said {low} to {high}",
        "",
        "| | time: forecast | run | ratio | disk: forecast | run | ratio | memory: forecast | run | ratio |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows = {row["stage"]: row for row in planned["stages"]} | {_TOTAL: planned}
    for stage in (_START_UP, *_STAGES, _TOTAL):
        forecasts, found = rows[stage], ran[stage]
        parts = [
            f"{_format(form, forecasts[what])} | {_format(form, found[what])} | "
            f"{_ratio(forecasts[what], found[what])}"
            for what, form in (("seconds", "s"), ("disk_bytes", "B"), ("memory_bytes", "B"))
        ]
        lines.append(f"| {stage} | {' | '.join(parts)} |")
    return lines


def _format(form: str, value: float) -> str:
    return (f"{value:.2f} s" if form == "s" else format_bytes(value)) if value else ""


def _ratio(forecast: float, found: float) -> str:
    return f"{forecast / found:.2f}" if found and forecast else ""


def _call(*words: object) -> None:
    subprocess.run([_HPACELLS, *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Print a table per set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo-fields", type=int, default=90, help="a third of them to score on; 0: none")
    parser.add_argument("--fields", type=int, default=200, help="of the larger set; 0: none")
    parser.add_argument("--size", type=int, default=1024, help="px of a side")
    parser.add_argument("--options", default="", help="further options of plan and run, in one string")
    given = parser.parse_args()
    options = given.options.split()
    print("\n".join(describe_run("benchmarks.plan")), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if given.demo_fields:
            test = given.demo_fields // 3
            simulate(root / "demo" / "train", given.demo_fields - test, 1, given.size)
            simulate(root / "demo" / "test", test, 2, given.size)
        if given.fields:
            simulate(root / "larger", given.fields, 3, given.size)
        for name in ("demo", "larger"):
            if (root / name).is_dir():
                planned = forecast(root / name, root / f"{name}.json", options)
                ran = run(root / name, root / f"{name}-work", options)
                print("\n".join(["", *compare(name, planned, ran)]), flush=True)


if __name__ == "__main__":
    main()

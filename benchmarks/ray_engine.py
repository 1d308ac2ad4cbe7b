"""Segment, crops and predict by the local engine and by Ray on the same machine, side by side.

Run from the top folder: ``python -m benchmarks.ray_engine --fields 60``. A few fields are simulated and
linked under as many names as are asked for. Each command runs in processes of its own, in turns by either
engine; Ray is started and stopped by each, which is measured alone with two fields. Results are compared
byte for byte.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.scale import link_fields
from benchmarks.side_by_side.command import run_command
from benchmarks.side_by_side.machine import describe_run

_SIMULATED = 4
_FEW = 2
_ENGINES = ("local", "ray")
_STAGES = ("segment", "crops", "predict")
_COMPARED = ("cells.parquet", "images.parquet", "predictions.parquet", "masks/*.png", "tiles.zarr/**/*")

Seconds = Mapping[str, list[float]]
"""Engine -> seconds of each run."""


def main() -> None:
    """Measure each stage, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fields", type=int, default=60)
    parser.add_argument("--size", type=int, default=2048, help="side of a field in px")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--segmenter", default="lite")
    parser.add_argument("--stages", nargs="+", choices=_STAGES, default=_STAGES, help="those that are told")
    options = parser.parse_args()
    print("\n".join(describe_run("benchmarks.ray_engine")))
    print(f"\n{options.fields} fields of {options.size} px, {options.runs} runs, medians\n")
    print(
        "| stage | local s | Ray s | ratio | start of Ray s | ratio without the start |\n"
        "|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        simulated = Path(folder) / "simulated"
        run_command(["simulate", simulated, "--fields", _SIMULATED, "--size", options.size, "--seed", 3])
        sets = {count: Path(folder) / f"images-{count}" for count in (_FEW, options.fields)}
        for count, images in sets.items():
            link_fields(simulated, images, count)
        last = max(map(_STAGES.index, options.stages))
        for stage in _STAGES[: last + 1]:
            runs = options.runs if stage in options.stages else 1
            few, many = (_measure(stage, images, options.segmenter, runs) for images in sets.values())
            if stage in options.stages:
                print(_format(stage, few, many), flush=True)
        for images in sets.values():
            _compare(*(_work(images, engine) for engine in _ENGINES))
    print("\nThe results of both are equal byte for byte.")


def _measure(stage: str, images: Path, segmenter: str, runs: int) -> Seconds:
    """Run a stage by each engine in turns."""
    more = {
        "segment": (images, "--segmenter", segmenter),
        "crops": (images,),
        "predict": ("--model", "simhpa19"),
    }
    seconds: dict[str, list[float]] = {engine: [] for engine in _ENGINES}
    for _ in range(runs):
        for engine in _ENGINES:
            work = _work(images, engine)
            _forget(work, stage)
            cost = run_command([stage, *more[stage], "--work", work, "--engine", engine])
            seconds[engine].append(cost.seconds)
    return seconds


def _format(stage: str, few: Seconds, many: Seconds) -> str:
    local, ray = (statistics.median(many[engine]) for engine in _ENGINES)
    ratio = statistics.median(
        there / here for here, there in zip(*(many[name] for name in _ENGINES), strict=True)
    )
    start = statistics.median(
        there - here for here, there in zip(*(few[name] for name in _ENGINES), strict=True)
    )
    without = statistics.median(
        (there - start) / here for here, there in zip(*(many[name] for name in _ENGINES), strict=True)
    )
    return f"| {stage} | {local:.1f} | {ray:.1f} | {ratio:.2f} | {start:.1f} | {without:.2f} |"


def _work(images: Path, engine: str) -> Path:
    return images.with_name(f"{engine}-{images.name}")


def _forget(work: Path, stage: str) -> None:
    """Remove what a stage has made, so that it is done again."""
    made = {
        "segment": ("segment.json", "masks"),
        "crops": ("crops.json", "tiles.zarr"),
        "predict": ("predict.json",),
    }
    for name in made[stage]:
        path = work / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _compare(first: Path, second: Path) -> None:
    """Check that two work folders have the same results."""
    found: Sequence[dict[str, bytes]] = [
        {
            str(path.relative_to(work)): path.read_bytes()
            for pattern in _COMPARED
            for path in work.glob(pattern)
            if path.is_file()
        }
        for work in (first, second)
    ]
    if not found[0] or found[0] != found[1]:
        message = f"{first} and {second} differ"
        raise RuntimeError(message)


if __name__ == "__main__":
    main()

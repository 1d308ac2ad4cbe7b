"""The frozen sets of the benchmark SimHPA-19: their settings, and simulating their parts."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from data.errors import InputError
from pipeline.config.config import Config
from pipeline.runs.execute import execute
from pipeline.runs.manifest import Manifest
from pipeline.steps.simulate import simulate_step
from stages.stage import Context

BENCHMARK = "simhpa19"
VERSION = 2
"""Of the benchmark: the fields of other versions look otherwise, so figures must not be compared."""

PARTS = ("train", "validation", "test")
"""The parts of every set, each a simulated folder of its own."""


def benchmark_folder() -> Path:
    """Return the folder in which the benchmark is described."""
    return Path(str(resources.files("configs").joinpath("benchmarks")))


def set_names() -> tuple[str, ...]:
    """Name the benchmark's sets."""
    return tuple(_read_benchmark()["set"])


def part_config(name: str, part: str) -> Config:
    """Return the configuration with which a part of a set is simulated.

    Raises
    ------
    InputError
        There is no such set or part.
    """
    described = _read_benchmark()
    _check_name(name, tuple(described["set"]), "set", BENCHMARK)
    _check_name(part, PARTS, "part", f"{BENCHMARK} {name}")
    of_set = described["set"][name]
    shared = {key: value for key, value in of_set.items() if key not in PARTS}
    settings = described["common"] | described["part"][part] | shared | of_set[part]
    return Config({"simulate": settings}, f"{BENCHMARK} {name} {part}")


def simulate_set(out: Path, name: str, part: str | None, context: Context) -> list[tuple[Manifest, str]]:
    """Simulate the parts of a set, or one of them, into ``out/<part>``; finished parts are not done again.

    Returns
    -------
    list of tuple
        Per part its manifest, and a line for the user: fields, seconds, and fields per second.
    """
    parts = PARTS if part is None else (part,)
    steps = [(part, simulate_step(out / part, part_config(name, part))) for part in parts]
    return [_tell(f"{name}/{part}", execute(step, context)) for part, step in steps]


def _tell(what: str, manifest: Manifest) -> tuple[Manifest, str]:
    counts, simulated = manifest.counts, int(manifest.details["simulated"])
    line = f"{what}: {counts['fields']:g} fields, {counts['cells']:g} cells; {manifest.seconds:.1f} s"
    if simulated < counts["fields"]:
        line += f" for {simulated} new fields"
    return manifest, f"{line}, {simulated / manifest.seconds:.2f} fields/s"


def _check_name(name: str, known: tuple[str, ...], what: str, where: str) -> None:
    if name not in known:
        raise InputError(found=f"no {what} {name}", where=where, expected=f"one of {', '.join(known)}")


def _read_benchmark() -> dict[str, Any]:
    return tomllib.loads((benchmark_folder() / f"{BENCHMARK}.toml").read_text())

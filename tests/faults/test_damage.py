"""Files damaged anywhere: the results are right all the same, or a command is named that mends them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.factories.whole_job.damage import DAMAGES, damage
from tests.factories.whole_job.results import find_differences, read_results
from tests.factories.whole_job.shards import SHARDED, list_manifests
from tests.factories.whole_job.states.copies import copy
from tests.factories.whole_job.tally import Tally, is_done
from tests.factories.whole_job.undisturbed import LINE, Line
from tests.faults.conftest import Lines, cases

KINDS = {
    "masks/*_cells.png": "segment",
    "masks/*_nuclei.png": "segment",
    "masks/.fields/*.parquet": "segment",
    "masks/.label_images.parquet": "segment",
    "images.parquet": "segment",
    "cells.parquet": "crops",
    "tiles.zarr/**/zarr.json": "crops",
    "tiles.zarr/*/c/**/*": "crops",
    "tiles.zarr/contents.json": "crops",
    "tiles.zarr/progress.json": "crops",
    "model/model.safetensors": "train",
    "model/model.toml": "train",
    "model/metrics.csv": "train",
    "model/curves.png": "train",
    "predictions.parquet": "predict",
    "submission.csv": "combine",
    "metric.json": "score",
    "report/**/*.html": "inspect",
    "report/**/*.[!h]*": "inspect",
    "evaluate/*": "evaluate",
    "explore/*": "explore",
    "find_rate.*[!n]": "find-rate",
    "features/*": "features",
    "student/model.*": "distil",
    "student/metrics.csv": "distil",
    "student/curves.png": "distil",
    "cells.h5ad": "export-h5ad",
    "cells.h5sc": "export-h5sc",
    "spatialdata.zarr/**/*": "export-spatialdata",
    "export/*.ome.zarr/**/*": "export-ome-zarr",
    "export/*.ome.tif": "export-ome-tiff",
    "export/*.geojson": "export-geojson",
    "export/annotations.json": "export-coco",
    "export/results.json": "export-coco",
    "export/*_[sc][ul]*": "export-tables",
    "export/[A-Z]*.csv": "export-cellprofiler",
    ".written.json": "segment",
    **{list_manifests(stage)[0]: stage for stage in LINE.stages},
}
"""Kind of file -> the stage that writes it."""

_SHARD = {
    "masks/*.png": "segment",
    "masks/.fields/*.parquet": "segment",
    "masks/.label_images.parquet": "segment",
    "images.parquet": "segment",
    "cells.parquet": "crops",
    "tiles.zarr/**/*": "crops",
    "predictions.parquet": "predict",
    **{f"{stage}.json": stage for stage in SHARDED},
}

SHARD_KINDS = {
    **{f"shards/0-of-2/{kind}": f"{stage}-0-of-2" for kind, stage in _SHARD.items()},
    "shards/0-of-2/.written.json": "segment-0-of-2",
    **dict.fromkeys(_SHARD, "merge"),
}
"""The same where shards are joined."""

UNREAD = (
    "model/curves.png",
    "report/**/*.html",
    "report/**/*.[!h]*",
    "evaluate/*",
    "explore/*",
    "features/*",
    "student/curves.png",
    "spatialdata.zarr/**/*",
    "export/*.ome.zarr/**/*",
)
"""Kinds of files in folders of results for people, whose size and time alone are compared."""

STRUCK = (*KINDS.items(), *SHARD_KINDS.items())
QUICK = tuple(
    (kind, KINDS[kind])
    for kind in ("masks/*_cells.png", "cells.parquet", "tiles.zarr/*/c/**/*", "submission.csv", "crops.json")
)


def files_of(kind: str, work: Path) -> list[Path]:
    return sorted(path for path in work.glob(kind) if path.is_file())


def forget(work: Path, line: Line, stage: str, chance: random.Random) -> None:
    """Let all stages after one run again: size and time as before are noticed when a file is read.

    Of those aside, some of which draw for seconds, one at random.
    """
    if stage not in line.job:
        return
    aside = chance.sample(line.aside, min(1, len(line.aside)))
    for later in (*line.job[line.job.index(stage) + 1 :], *aside):
        for name in list_manifests(later):
            work.joinpath(name).unlink(missing_ok=True)


@dataclass(frozen=True)
class Blow:
    """Where a file is damaged: its name, the place as a part of its bytes, and the bit that is flipped."""

    name: str
    place: float = 0.0
    bit: int = 0
    keeps_time: bool = False

    def __str__(self) -> str:
        return f"{self.name} at {self.place:.3f} bit {self.bit}{', time kept' if self.keeps_time else ''}"


def list_blows(whole: Path, kind: str, how: str, count: int) -> list[Blow]:
    """List so many blows of which no two damage the same file in the same way; fewer where there are none.

    A file can be removed once. It is cut at a byte, and a bit of it flipped with its time kept or not; an
    empty file can be neither.
    """
    chance = random.Random(f"{how} {kind}")
    files = [(path.relative_to(whole).as_posix(), path.stat().st_size) for path in files_of(kind, whole)]
    if how == "remove":
        return [Blow(name) for name, _ in chance.sample(files, min(count, len(files)))]
    files = [(name, size) for name, size in files if size]
    # Of results that no stage reads, no stage notices a bit that the disk has lost.
    times = (False, True) if how == "flip" and kind not in UNREAD else (False,)
    bits = range(8) if how == "flip" else range(1)
    possible = sum(size for _, size in files) * len(bits) * len(times)
    blows: dict[tuple[str, int, int, bool], Blow] = {}
    while len(blows) < min(count, possible):
        name, size = chance.choice(files)
        at, bit, keeps_time = chance.randrange(size), chance.choice(bits), chance.choice(times)
        # The middle of a byte, which no rounding makes another one.
        blows[name, at, bit, keeps_time] = Blow(name, (at + 0.5) / size, bit, keeps_time)
    return list(blows.values())


@pytest.mark.faults
@pytest.mark.parametrize("kinds", [KINDS, SHARD_KINDS])
def test_every_file_is_of_a_kind(lines: Lines, kinds: Mapping[str, str]) -> None:
    runs = lines.of(next(iter(kinds.values())))
    work = runs.done(aside=runs.line.aside)
    found = {kind: files_of(kind, work) for kind in kinds}
    assert [kind for kind, files in found.items() if not files] == []
    # One shard is like the other.
    known = {path for kind in kinds for path in files_of(kind.replace("0-of-2", "*"), work)}
    unknown = sorted(path for path in work.rglob("*") if path.is_file() and path not in known)
    assert [path for path in unknown if path.parent != work or kinds is KINDS] == []


@pytest.mark.parametrize(("struck", "count"), cases(STRUCK, QUICK, 1, 30))
def test_damaged_anywhere(lines: Lines, tmp_path: Path, struck: tuple[str, str], count: int) -> None:
    kind, writer = struck
    what = f"merged {kind}" if writer == "merge" else kind
    hows = [how for how in DAMAGES if not is_done(how, what)]
    if not hows:
        pytest.skip("done before: its figures are kept")
    runs, work = lines.of(writer), tmp_path / "work"
    aside = runs.line.aside if count > 1 or writer in runs.line.aside else ()
    whole, others = runs.done(aside=aside), runs.line.in_order(aside)
    for how in hows:
        tally = Tally(how, what)
        blows = list_blows(whole, kind, how, count)
        for number, blow in enumerate(blows):
            chance = random.Random(f"{how} {kind} {number}")
            # Either what wrote the file, which is then to mend it, or any other stage, which may read it.
            stage = writer if chance.random() < 0.3 else chance.choice(others)
            copy(whole, work)
            damage(work / blow.name, how, blow.place, blow.bit, keeps_time=blow.keeps_time)
            if blow.keeps_time:
                forget(work, runs.line, writer, chance)

            def attempt(stage: str = stage, keeps_time: bool = blow.keeps_time) -> list[str]:
                named = runs.follow(work, stage)
                if stage == writer and not keeps_time:
                    found = read_results(work, stage)
                    assert find_differences(found, runs.results(whole, stage)) == []
                return named + runs.run_all(work, others, (), whole)

            tally.add(f"{number}, {blow}, then {stage}", attempt)
        tally.close()

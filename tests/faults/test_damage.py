"""Files damaged anywhere: the results are right all the same, or a command is named that mends them."""

import random
from pathlib import Path

import pytest

from tests.factories.whole_job.damage import DAMAGES, damage
from tests.factories.whole_job.here import follow_advice
from tests.factories.whole_job.results import find_differences, read_results
from tests.factories.whole_job.tally import Tally
from tests.faults.conftest import ASIDE, JOB, STAGES, UndisturbedRuns, copy, tries

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
    ".written.json": "segment",
    **{f"{stage.replace('-', '_')}.json": stage for stage in STAGES},
}
"""Kind of file -> the stage that writes it."""

UNREAD = (
    "model/curves.png",
    "report/**/*.html",
    "report/**/*.[!h]*",
    "evaluate/*",
    "explore/*",
    "features/*",
)
"""Kinds of files in folders of results for people, whose size and time alone are compared."""

QUICK = ("masks/*_cells.png", "cells.parquet", "tiles.zarr/*/c/**/*", "submission.csv", "crops.json")


def files_of(kind: str, work: Path) -> list[Path]:
    return sorted(path for path in work.glob(kind) if path.is_file())


def forget(work: Path, stage: str) -> None:
    """Let all stages after one run again: size and time as before are noticed when a file is read."""
    for later in (*JOB[JOB.index(stage) + 1 :], *ASIDE) if stage in JOB else ():
        work.joinpath(f"{later.replace('-', '_')}.json").unlink(missing_ok=True)


@pytest.mark.faults
def test_every_file_is_of_a_kind(undisturbed: UndisturbedRuns) -> None:
    work = undisturbed.done(aside=ASIDE)
    found = {kind: files_of(kind, work) for kind in KINDS}
    assert [kind for kind, files in found.items() if not files] == []
    known = {path for files in found.values() for path in files}
    assert sorted(path for path in work.rglob("*") if path.is_file() and path not in known) == []


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=[] if k in QUICK else [pytest.mark.faults]) for k in KINDS]
)
@pytest.mark.parametrize("count", tries(1, 100))
def test_damaged_anywhere(undisturbed: UndisturbedRuns, tmp_path: Path, kind: str, count: int) -> None:
    aside = ASIDE if count > 1 or KINDS[kind] in ASIDE else ()
    whole, work = undisturbed.done(aside=aside), tmp_path / "work"
    expected = read_results(whole)
    for how in DAMAGES:
        tally = Tally(how, kind)
        for number in range(count):
            chance = random.Random(f"{how} {kind} {number}")
            # Either what wrote the file, which is then to mend it, or any other stage, which may read it.
            others = [stage for stage in STAGES if stage in aside or stage not in ASIDE]
            stage = KINDS[kind] if chance.random() < 0.3 else chance.choice(others)
            copy(whole, work)
            path = chance.choice(files_of(kind, work))
            place, bit, keeps_time = chance.random(), chance.randrange(8), chance.random() < 0.5
            # Of results that no stage reads, no stage notices a bit that the disk has lost.
            keeps_time = keeps_time and kind not in UNREAD
            damage(path, how, place, bit, keeps_time=keeps_time)
            if keeps_time and how == "flip":
                forget(work, KINDS[kind])

            def attempt(
                stage: str = stage, others: list[str] = others, keeps_time: bool = keeps_time
            ) -> list[str]:
                named = follow_advice(undisturbed.run, work, stage)
                if stage == KINDS[kind] and not keeps_time:
                    assert find_differences(read_results(work, stage), read_results(whole, stage)) == []
                for other in others:
                    named += follow_advice(undisturbed.run, work, other)
                assert find_differences(read_results(work), expected) == []
                return named

            where = f"{path.relative_to(work)} at {place:.3f} bit {bit}{', time kept' if keeps_time else ''}"
            tally.add(f"{number}, {where}, then {stage}", attempt)
        tally.close()

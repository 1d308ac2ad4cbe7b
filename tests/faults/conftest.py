import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.factories.whole_job.commands import RECIPE, command_of
from tests.factories.whole_job.here import follow_advice, run_here
from tests.factories.whole_job.results import find_differences, read_results

JOB = ("segment", "crops", "train", "predict", "combine", "score", "inspect")
ASIDE = ("evaluate", "explore", "find-rate", "features")
STAGES = (*JOB, *ASIDE)


class UndisturbedRuns:
    """Work folders of runs that nothing disturbed, made when they are asked for; tests copy them."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.source, self._folder = source, folder
        self._done: dict[tuple[tuple[str, ...], tuple[str, ...]], Path] = {}

    def done(self, *changed: str, aside: tuple[str, ...] = ()) -> Path:
        """Return the folder in which the whole job is done, some stages with a setting changed.

        Of the stages on which no other builds, only those in ``aside`` are done.
        """
        if (changed, aside) not in self._done:
            work = self._folder / "-".join(("done", *changed, "with", *aside)) / "work"
            for stage in aside or JOB:
                if not changed and not aside:
                    copy(work, self._before(stage))
                elif not work.exists():
                    copy(self.done(*changed if aside else ()), work)
                status, messages = self.run(work, stage, changed)
                assert status == 0, messages
            self._done[changed, aside] = work
        return self._done[changed, aside]

    def usual(self, stage: str) -> Path:
        """Return the folder of the whole job, and of a stage on which no other builds, usual settings."""
        return self.done(aside=() if stage in JOB else (stage,))

    def before(self, stage: str) -> Path:
        """Return the folder as it was before a stage was run for the first time; it may not exist."""
        return self._before(stage) if stage in JOB and self.done() else self.done()

    def run(self, work: Path, stage: str, changed: tuple[str, ...] = ()) -> tuple[int, str]:
        """Run a stage in this process, with its setting changed where it is among those."""
        return run_here(command_of(self.source, work, stage, changed=stage in changed))

    def finish(self, work: Path, stage: str, *changed: str) -> list[str]:
        """Run a stage and those that build on it, and check that the results are those of an undisturbed run.

        Returns
        -------
        list of str
            The commands that messages named on the way.
        """
        named = []
        for name in JOB[JOB.index(stage) :] if stage in JOB else (stage,):
            named += follow_advice(lambda work, stage: self.run(work, stage, changed), work, name)
        expected = self.done(*changed, aside=() if stage in JOB else (stage,))
        different = find_differences(read_results(work), read_results(expected))
        # Results of another stage that nothing builds on are neither made again nor looked at.
        others = tuple(
            f"{name.replace('-', '_')}{end}" for name in ASIDE if name != stage for end in ("/", ".")
        )
        assert [name for name in different if not name.startswith(others)] == []
        assert "done before, nothing changed" in self.run(work, stage, changed)[1]
        return named

    def _before(self, stage: str) -> Path:
        return self._folder / f"before-{stage}" / "work"


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> UndisturbedRuns:
    """Runs of all stages on four small fields, with a tiny classifier."""
    source = tmp_path_factory.mktemp("source")
    options = ["--fields", "4", "--size", "480", "--seed", "5"]
    status, messages = run_here(["hpacells", "simulate", str(source / "images"), *options])
    assert status == 0, messages
    (source / "small.toml").write_text(RECIPE)
    return UndisturbedRuns(source, tmp_path_factory.mktemp("undisturbed"))


def copy(folder: Path, work: Path) -> None:
    """Copy a work folder, which may not exist, to a place where another was before."""
    shutil.rmtree(work, ignore_errors=True)
    if folder.exists():
        shutil.copytree(folder, work)


def tries(quick: int, full: int) -> list[Any]:
    """Return the numbers of attempts of a test: few in every run of the tests, many in that of the faults."""
    full = max(1, round(full * float(os.environ.get("HPACELLS_FAULTS") or 1)))
    return [
        pytest.param(quick, id="quick"),
        pytest.param(full, id="full", marks=[pytest.mark.faults, pytest.mark.timeout(3600)]),
    ]


def stages(quick: tuple[str, ...]) -> list[Any]:
    """Return all stages, of which every run of the tests takes only some."""
    return [pytest.param(stage, marks=[] if stage in quick else [pytest.mark.faults]) for stage in STAGES]

"""The runs over a few fields by which a folder is forecast."""

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.errors import InputError
from pipeline.config.config import Config
from pipeline.plan.forecast import find_deviation
from pipeline.plan.measured_run import measure_run
from pipeline.plan.sampled_fields import SizedField, choose_evenly
from pipeline.plan.stage_run import MeasuredRun
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.whole_run import Job
from stages.stage import Failure

SECONDS = 60
"""Time that the run over most fields is to take, at most about, unless the number of fields is given."""

FEWEST = 4
"""Fields of the smallest run; twice the number of workers where that is more, so that all are busy."""

AGREEING, MOST_REPEATS = 0.1, 3
"""Relative standard deviation below which runs are not repeated, and how many runs are enough."""

log = logging.getLogger("hpacells")


@dataclass
class Trials:
    """Run the stages over a few fields of a folder, in folders that are removed.

    Attributes
    ----------
    job, config
        The run that is forecast; its work folder is not used.
    fields
        The fields that can be read.
    workers
        As of `LocalEngine`.
    root
        Folder for the work folders.
    also
        IDs of fields that are to be in every run.
    """

    job: Job
    config: Config
    fields: Sequence[SizedField]
    workers: int
    root: Path
    also: frozenset[str] = frozenset()
    _used: int = field(default=0, init=False)

    def choose(self, count: int) -> list[SizedField]:
        """Choose so many fields, evenly by size, and those that are to be in every run."""
        chosen = {sized.field.image_id for sized in choose_evenly(self.fields, count)} | self.also
        return [sized for sized in self.fields if sized.field.image_id in chosen]

    def fewest(self) -> int:
        """Return how many fields the smallest run has: of a small folder a third."""
        return max(1, min(max(FEWEST, 2 * self.workers), len(self.fields) // 3))

    def most(self, small: MeasuredRun, asked: int | None) -> int:
        """Return how many fields the largest run has.

        Parameters
        ----------
        small
            The smallest run, by whose time the number is chosen.
        asked
            The number that the user asked for, if any.
        """
        total = len(self.fields)
        if asked is not None:
            return min(asked, total)
        fewest = max(FEWEST, 2 * self.workers)
        per_field = sum(stage.seconds for stage in small.stages) / len(small.cells)
        affordable = min(15 * fewest, int(SECONDS / max(per_field, 1e-3)), total // 3)
        return min(total, max(3 * fewest, affordable))

    def run(self, chosen: Sequence[SizedField], what: str) -> tuple[MeasuredRun, WorkFolder]:
        """Run all stages over some fields in a new folder; it stays until all folders are removed.

        Raises
        ------
        InputError
            What the run raises, or none of the fields could be segmented.
        """
        work = WorkFolder(self.root / str(self._used))
        self._used += 1
        log.info("plan: timing %d of %d fields, %s", len(chosen), len(self.fields), what)
        job = replace(self.job, work=work, fields=[sized.field for sized in chosen])
        run = measure_run(job, self.config, self.workers)
        if not run.cells:
            failures = list_failures([run])
            raise InputError(
                found=f"none of {len(chosen)} chosen fields could be segmented"
                + (f" ({failures[0].where}: {failures[0].why})" if failures else ""),
                where=self.job.images,
                expected="fields that can be read",
                advice="see `hpacells images` for what each field is",
            )
        return run, work

    def repeat(
        self, chosen: Sequence[SizedField], before: MeasuredRun
    ) -> tuple[list[MeasuredRun], WorkFolder]:
        """Run all stages over the same fields again; more often where times differ.

        Returns
        -------
        tuple
            All runs over these fields, and the work folder of the last.
        """
        runs = [before]
        while True:
            run, work = self.run(chosen, "once more, to see how times vary")
            runs.append(run)
            if len(runs) == MOST_REPEATS or find_deviation(runs) < AGREEING:
                return runs, work

    def rerun(
        self,
        chosen: Sequence[SizedField],
        work: WorkFolder | None,
        stage: str,
        values: Mapping[str, object],
        models: Sequence[Path] | None,
    ) -> float:
        """Run one stage with other settings and return its seconds.

        Parameters
        ----------
        chosen
            The fields.
        work
            The work folder of `run` in which it is run again; None for a new one, which is removed.
        stage
            The stage.
        values
            Settings, named ``section.name``.
        models
            Classifiers in place of the job's, if any.
        """
        folder = work or WorkFolder(self.root / str(self._used))
        self._used += 1
        job = replace(self.job, work=folder, fields=[sized.field for sized in chosen])
        if models is not None:
            job = replace(job, models=models)
        run = measure_run(job, self.config.with_values(values), self.workers, (stage,))
        if work is None:
            self.remove(folder)
        found = run.find(stage)
        return found.seconds if found else 0.0

    def remove(self, work: WorkFolder) -> None:
        """Remove a work folder."""
        shutil.rmtree(work.root, ignore_errors=True)


def list_failures(runs: Sequence[MeasuredRun]) -> list[Failure]:
    """List what failed in some runs, each field once."""
    found = {
        failure.where: failure
        for run in reversed(runs)
        for stage in run.stages[::-1]
        for failure in stage.failures
    }
    return list(found.values())

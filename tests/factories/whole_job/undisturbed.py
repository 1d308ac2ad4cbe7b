"""Work folders of runs that nothing disturbed, and commands that are to lead to the same results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.factories.whole_job.commands import EXPORTS, command_of
from tests.factories.whole_job.here import follow_advice, run_here
from tests.factories.whole_job.results import find_differences, read_results
from tests.factories.whole_job.shards import SHARD_JOB, SHARDED, SHARDS, base_of, shard_command
from tests.factories.whole_job.states.copies import copy
from tests.factories.whole_job.states.whole_state import read_state

CONTROL_EVERY = 10
"""Every so many attempts stages are run although their state is known to lead to right results."""


@dataclass(frozen=True)
class Line:
    """Commands that build on each other.

    Attributes
    ----------
    job
        Stages in order, of which the last shows what all others made.
    aside
        Stages on which no other but the last builds.
    command
        Returns the words of a stage's command: of the source, the work folder and the stage's name.
    """

    job: tuple[str, ...]
    aside: tuple[str, ...]
    command: Callable[..., Sequence[str]]

    @property
    def stages(self) -> tuple[str, ...]:
        """All stages, in no order."""
        return self.job + self.aside

    def in_order(self, aside: Sequence[str]) -> tuple[str, ...]:
        """Return the stages of the job and some of those aside, in the order in which they are run."""
        return (*self.job[:-1], *aside, self.job[-1])

    def list_later(self, stage: str) -> tuple[str, ...]:
        """Return the stages that are run after one, in order."""
        if self is SHARD_LINE:
            # Other settings of one shard are those of all.
            return self.job
        return self.job[self.job.index(stage) + 1 :] if stage in self.job else self.job[-1:]


LINE = Line(
    ("segment", "crops", "train", "predict", "combine", "score", "inspect"),
    ("evaluate", "explore", "find-rate", "features", "distil", *EXPORTS),
    command_of,
)
SHARD_LINE = Line(SHARD_JOB, (), shard_command)
LINES = (LINE, SHARD_LINE)


class UndisturbedRuns:
    """Work folders of runs that nothing disturbed, made when they are asked for; tests copy them."""

    def __init__(self, line: Line, source: Path, folder: Path) -> None:
        self.line, self.source, self._folder = line, source, folder
        self._done: dict[tuple[tuple[str, ...], tuple[str, ...]], Path] = {}
        self._led_right: dict[object, list[str]] = {}
        self._results: dict[tuple[Path, str], Mapping[str, object]] = {}
        self._attempts = 0

    def done(self, *changed: str, aside: tuple[str, ...] = ()) -> Path:
        """Return the folder in which the whole job is done, some stages with a setting changed.

        Of the stages on which no other builds, only those in ``aside`` are done.
        """
        if (changed, aside) not in self._done:
            # Before the folder is named, since this one takes a name as well.
            usual = self.done(*changed if aside else ()) if changed or aside else None
            work = self._folder / f"done-{len(list(self._folder.glob('done-*')))}" / "work"
            for stage in (*aside, self.line.job[-1]) if aside else self.line.job:
                if usual is None:
                    copy(work, self._before(stage))
                elif not work.exists():
                    copy(usual, work)
                status, messages = self.run(work, stage, changed)
                assert status == 0, messages
            self._done[changed, aside] = work
        return self._done[changed, aside]

    def usual(self, stage: str) -> Path:
        """Return the folder of the whole job, and of a stage on which no other builds, usual settings.

        For a merge, which has no settings, that of shards with other settings than those that were merged.
        """
        return self._merged_from_others() if stage == "merge" else self.done(aside=self._only_aside(stage))

    def before(self, stage: str) -> Path:
        """Return the folder as it was before a stage was run for the first time; it may not exist."""
        return self._before(stage) if stage in self.line.job and self.done() else self.done()

    def command(self, work: Path, stage: str, *, changed: bool = False) -> Sequence[str]:
        """Return the words of a stage's command, with a setting changed or not."""
        return self.line.command(self.source, work, stage, changed=changed)

    def run(self, work: Path, stage: str, changed: tuple[str, ...] = ()) -> tuple[int, str]:
        """Run a stage in this process, with its setting changed where it is among those."""
        is_changed = base_of(stage) in [base_of(name) for name in changed]
        return run_here(self.command(work, stage, changed=is_changed))

    def follow(self, work: Path, stage: str, changed: tuple[str, ...] = ()) -> list[str]:
        """Run a stage, and the commands that messages name, which are returned."""
        return follow_advice(lambda work, stage: self.run(work, stage, changed), work, stage)

    def finish(self, work: Path, stage: str, *changed: str) -> list[str]:
        """Run a stage and those that build on it, and check that the results are those of an undisturbed run.

        Returns
        -------
        list of str
            The commands that messages named on the way.
        """
        # Of a merge the shards are what other settings change.
        changed = tuple("segment" if name == "merge" else name for name in changed)
        expected = self.done(*changed, aside=self._only_aside(stage))
        named = self.follow(work, stage, changed)
        named += self.run_all(work, self.line.list_later(stage), changed, expected)
        assert "before, nothing changed" in self.run(work, stage, changed)[1]
        return named

    def run_all(
        self, work: Path, stages: Sequence[str], changed: tuple[str, ...], expected: Path
    ) -> list[str]:
        """Run stages in turn, and check that the results are those of an undisturbed run.

        From a state of the work folder that has led there before, they are not run again, but for every tenth
        time.

        Parameters
        ----------
        work
            The work folder.
        stages
            Names of the stages.
        changed
            Those with a setting changed.
        expected
            The folder of an undisturbed run.

        Returns
        -------
        list of str
            The commands that messages named on the way.
        """
        self._attempts += 1
        is_control = self._attempts % CONTROL_EVERY == 0
        passed: list[tuple[object, int]] = []
        named: list[str] = []
        for number in range(len(stages) + 1):
            key = (tuple(stages[number:]), changed, expected, read_state(work))
            if key in self._led_right and not is_control:
                named += self._led_right[key]
                break
            passed.append((key, len(named)))
            if number < len(stages):
                named += self.follow(work, stages[number], changed)
        else:
            assert find_differences(read_results(work), self.results(expected)) == []
        self._led_right |= {key: named[begin:] for key, begin in passed}
        return named

    def results(self, done: Path, stage: str = "") -> Mapping[str, object]:
        """Read what the stages wrote, or one of them, to a folder that no test changes; once."""
        if (done, stage) not in self._results:
            self._results[done, stage] = read_results(done, stage)
        return self._results[done, stage]

    def _before(self, stage: str) -> Path:
        return self._folder / f"before-{stage}" / "work"

    def _only_aside(self, stage: str) -> tuple[str, ...]:
        return () if stage in self.line.job else (stage,)

    def _merged_from_others(self) -> Path:
        work = self._folder / "merged-from-others" / "work"
        if not work.exists():
            copy(self.done(), work)
            for stage in self.line.job[: len(SHARDS) * len(SHARDED)]:
                status, messages = self.run(work, stage, ("segment",))
                assert status == 0, messages
        return work

"""A run of the stages in a process of its own, with its time, memory and disk."""

import logging
import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from data.cells.cells_table import read_cells
from data.errors import InputError
from data.fields.images_table import read_images
from pipeline.config.config import Config
from pipeline.engines.local import LocalEngine, follow_parent
from pipeline.plan.peak_memory import forget_peak, read_peak
from pipeline.plan.stage_run import MeasuredRun, StageRun
from pipeline.runs.execute import Step, execute
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.steps.whole_run import Job, run_everything
from stages.stage import Context, Failure

_BLOCK = 4096
_MESSAGES = "messages.txt"


def measure_run(job: Job, config: Config, workers: int, only: Sequence[str] = ()) -> MeasuredRun:
    """Run the stages of a job in a process of its own, and return what each took.

    Parameters
    ----------
    job, config
        As for `pipeline.steps.whole_run.run_everything`; the job's work folder is made where it is missing.
    workers
        As of `LocalEngine`.
    only
        Stages to run, all others being done in the work folder already; empty for all.

    Raises
    ------
    InputError
        What the run raises, or its process was killed.
    """
    job.work.root.mkdir(parents=True, exist_ok=True)
    messages = job.work.root.with_name(f"{job.work.root.name}-{_MESSAGES}")
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    started = time.perf_counter()
    process = context.Process(target=_run, args=(sender, job, config, workers, tuple(only), messages))
    process.start()
    sender.close()
    try:
        try:
            outcome = receiver.recv()
        except EOFError:
            outcome = None
        process.join()
    finally:
        process.kill()
        process.join()
        receiver.close()
    if outcome is None:
        raise _killed(process.exitcode, messages)
    if isinstance(outcome, BaseException):
        raise outcome
    stages, cells, not_counted = outcome
    return MeasuredRun(stages, time.perf_counter() - started - not_counted, cells)


def _killed(status: int | None, messages: Path) -> InputError:
    lines = messages.read_text(errors="replace").split("\n") if messages.is_file() else []
    last = next((line for line in reversed(lines) if line.strip()), "")
    return InputError(
        found=f"the process that was timed ended with status {status}"
        + (f" ({last.strip()})" if last else ""),
        where="plan",
        expected="a run of a few fields",
        advice="where memory is short, close other programs, or run the stages one by one to see which it is",
    )


class _EnoughError(Exception):
    """All stages that were asked for have run."""


class _Clock:
    """Execute steps and note what each took; in place of `execute`."""

    def __init__(self, job: Job, only: Sequence[str]) -> None:
        self._root, self._left = job.work.root, list(only)
        self._only = frozenset(only)
        self.stages: list[StageRun] = []
        self.not_counted = 0.0

    def __call__(self, step: Step, context: Context) -> Manifest:
        """Execute a step, or take it for done where only others were asked for."""
        done = read_manifest(step.manifest) if self._only and step.stage not in self._only else None
        if done is not None:
            return done
        before = self._count_bytes()
        forget_peak()
        manifest = execute(step, context)
        peak = read_peak()

        self.stages.append(
            StageRun(
                step.stage,
                manifest.seconds,
                peak,
                self._count_bytes() - before,
                manifest.counts,
                tuple(Failure(failure.where, failure.why) for failure in manifest.failures),
                manifest.details,
                manifest.settings,
            )
        )
        if step.stage in self._left:
            self._left.remove(step.stage)
            if not self._left:
                raise _EnoughError
        return manifest

    def _count_bytes(self) -> int:
        started = time.perf_counter()
        total = count_bytes(self._root)
        self.not_counted += time.perf_counter() - started
        return total


def count_bytes(folder: Path) -> int:
    """Count the bytes of all files in a folder, each rounded up to blocks of 4 KiB."""
    sizes = (file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return sum(-(-size // _BLOCK) * _BLOCK for size in sizes)


def _run(
    sender: Connection, job: Job, config: Config, workers: int, only: tuple[str, ...], messages: Path
) -> None:
    # Neither progress nor remarks of a trial are for the user, those of native libraries included.
    descriptor = os.open(messages, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 2)
    os.dup2(descriptor, 1)
    logging.getLogger("hpacells").setLevel(logging.ERROR)
    follow_parent()
    clock = _Clock(job, only)
    try:
        with suppress(_EnoughError):
            run_everything(job, config, LocalEngine(workers), clock)
        started = time.perf_counter()
        cells = _count_cells(job)
        sender.send((tuple(clock.stages), cells, clock.not_counted + time.perf_counter() - started))
    except Exception as error:
        sender.send(error)
    finally:
        sender.close()


def _count_cells(job: Job) -> dict[str, int]:
    """Count the cells of each field that was segmented."""
    counts = Counter(read_cells(job.work.cells, ["image_id"])["image_id"].tolist())
    return {image_id: counts[image_id] for image_id in read_images(job.work.images)["image_id"].tolist()}

"""The graph of stages: which are done, which are stale, and running those that are not done."""

import logging
import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from data.atomic import atomic_write, remove_temporary
from data.errors import InputError
from data.place_names import show_places, show_places_in
from data.software.versions import find_version
from data.system_errors import find_system_error
from pipeline.engines.torchrun import is_follower
from pipeline.engines.warning_notes import MOST_NOTED, noted_warnings
from pipeline.runs.failures import summarise_failures
from pipeline.runs.manifest import (
    FailureRecord,
    Manifest,
    hash_json,
    read_manifest,
    write_manifest,
)
from pipeline.runs.outputs.changed_outputs import (
    find_changed_outputs,
    find_strange_outputs,
    keep_changed,
)
from pipeline.runs.outputs.stamps import name_output, stamp_outputs
from pipeline.runs.outputs.written_files import LIST_NAME, claim_outputs, note_written
from pipeline.runs.storage.held_copies import find_copy, refuse_url
from pipeline.runs.version_warnings import warn_of_versions
from pipeline.runs.writer_lock import sole_writer
from stages.stage import Context, StageReport, StageSettings

log = logging.getLogger("hpacells")

ENGINE = "engine"
"""Detail of where the work ran; there is none of this machine."""


@dataclass(frozen=True)
class Step:
    """One stage with everything it depends on.

    Attributes
    ----------
    stage
        Name of the stage and of its command.
    manifest
        Where its manifest lies.
    settings
        Its settings.
    inputs
        Name -> fingerprint of everything else that its result depends on.
    outputs
        What must exist, unchanged, for the step to count as done.
    run
        Does the work; gets the step's key.
    also_written
        Files and folders that it writes besides its outputs.
    incomplete
        Whether something that it wrote is missing, so that it is to be run whatever its manifest says.
    writes_folders
        Whether all that it writes are folders with lists of their files.
    given
        Name of an input -> what finds its fingerprint again. Of files that lie elsewhere, which no lock keeps
        as they were when the step began.
    """

    stage: str
    manifest: Path
    settings: StageSettings
    inputs: dict[str, str]
    outputs: tuple[Path, ...]
    run: Callable[[str, Context], StageReport]
    also_written: tuple[Path, ...] = ()
    incomplete: bool = False
    writes_folders: bool = False
    given: Mapping[str, Callable[[], str]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Hash of what the result depends on: settings, inputs and the version of hpacells."""
        settings = self.settings.of_result().model_dump(mode="json")
        return hash_json([self.stage, settings, self.inputs, find_version("hpacells")])


def execute(step: Step, context: Context) -> Manifest:
    """Run a step unless it is done, and tell what it did.

    A step counts as done when its manifest has the same key, nothing failed, and its outputs are as it left
    them. Fields that failed are tried again every time. Of several processes that torchrun started, the
    first alone keeps the manifest.

    Raises
    ------
    InputError
        The step cannot be done, or would replace what hpacells did not write. What an earlier run left stays
        finished, unless this one has begun to replace it; likewise after Ctrl-C.
    """
    for path in (step.manifest, *step.outputs, *step.also_written):
        refuse_url(path)
    done = finished_manifest(step)
    warn_of_versions(step.stage, step.manifest, is_done=done is not None)
    if done is not None and not done.failures:
        log.info("%s: done before, nothing changed", step.stage)
        return done
    if is_follower():
        return _describe(step, step.run(step.key, context), 0.0)
    with sole_writer(step.manifest.parent):
        paths = (*step.outputs, *step.also_written)
        claim_outputs(step.stage, step.manifest.parent, paths, are_folders=step.writes_folders)
        manifest = _execute_alone(step, context)
        note_written(step.stage, step.manifest.parent, paths)
        return manifest


def _execute_alone(step: Step, context: Context) -> Manifest:
    started = time.perf_counter()
    _remove_temporary(step)
    # Of a work folder at a URL, which gets what is whole.
    copy = find_copy(step.manifest.parent)
    if copy is not None:
        written = (*step.outputs, *step.also_written, step.manifest.parent / LIST_NAME)
        copy.begin(step.manifest, written)
    with _manifest_aside(step), _place_named(step.manifest.parent), noted_warnings() as warnings:
        report = step.run(step.key, context)
        _refuse_replaced(step)
    if context.name:
        # No part of the key: results do not depend on it.
        report.details[ENGINE] = context.name
    noted = dict.fromkeys([*report.warnings, *warnings])
    manifest = _describe(step, report, time.perf_counter() - started, list(noted)[:MOST_NOTED])
    write_manifest(step.manifest, manifest)
    counts_text = ", ".join(f"{count:g} {name}" for name, count in report.counts.items())
    log.info("%s: %s (%.1f s)", step.stage, counts_text or "done", manifest.seconds)
    for line in summarise_failures(report.failures, step.manifest):
        log.error("%s: left out %s", step.stage, line)
    if copy is not None:
        copy.publish(step.manifest)
    return manifest


def _refuse_replaced(step: Step) -> None:
    """Check that what lies elsewhere is what the step began with: it may have read either.

    Raises
    ------
    InputError
        A file was replaced, or is gone.
    """
    for name, find in step.given.items():
        try:
            is_same = find() == step.inputs[name]
        except InputError:
            is_same = False
        if not is_same:
            raise InputError(
                found=f"{name} replaced while {step.stage} was reading",
                where=step.manifest.parent,
                expected=f"the same {name} from beginning to end",
                advice="run the same command again",
            )


def _remove_temporary(step: Step) -> None:
    """Remove the temporary files of runs that were killed; elsewhere others may be writing."""
    folder = step.manifest.parent
    for path in (step.manifest, folder / LIST_NAME, *step.outputs, *step.also_written):
        if path.absolute().is_relative_to(folder.absolute()):
            remove_temporary(path)


def finished_manifest(step: Step) -> Manifest | None:
    """Return the manifest of a step that is done with these settings and inputs, else None."""
    manifest = read_manifest(step.manifest)
    if step.incomplete or manifest is None or manifest.key != step.key:
        return None
    names = {name_output(path, step.manifest.parent) for path in step.outputs}
    return manifest if names == set(manifest.outputs) and not find_changed_outputs(step.manifest) else None


@contextmanager
def _place_named(folder: Path) -> Iterator[None]:
    """Add the folder to an operating system's error that names no file."""
    try:
        yield
    except InputError:
        # Says what it is about, even where its words are those of a system's error.
        raise
    except Exception as error:
        found = find_system_error(error)
        if found is None or found.filename or not found.errno:
            raise
        raise OSError(found.errno, os.strerror(found.errno), str(folder)) from error


@contextmanager
def _manifest_aside(step: Step) -> Iterator[None]:
    """Take an earlier run's manifest away, and put it back where this one stops before it changed a file."""
    earlier = step.manifest.read_bytes() if step.manifest.is_file() else None
    keep_changed(step.manifest, find_strange_outputs(step.manifest, step.outputs))
    # Without a manifest nothing that a killed run leaves behind can pass for finished.
    step.manifest.unlink(missing_ok=True)
    before = _look(step)
    try:
        yield
    except (InputError, KeyboardInterrupt) as error:
        # Ends what the stage has still at work, which might write yet.
        traceback.clear_frames(error.__traceback__)
        if earlier is not None and _look(step) == before:
            with atomic_write(step.manifest) as temporary:
                temporary.write_bytes(earlier)
        raise


def _look(step: Step) -> dict[Path, tuple[int, int, int]]:
    """Return number, size and modification time (ns) of all files that a step writes, also inside folders."""
    found = {}
    for path in (*step.outputs, *step.also_written):
        files = path.rglob("*") if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                stat = file.stat()
                found[file] = stat.st_ino, stat.st_size, stat.st_mtime_ns
    return found


def _describe(step: Step, report: StageReport, seconds: float, warnings: Sequence[str] = ()) -> Manifest:
    failures = [
        FailureRecord(where=failure.where, why=show_places(failure.why)) for failure in report.failures
    ]
    return Manifest(
        stage=step.stage,
        key=step.key,
        output_key=hash_json([step.key, [failure.where for failure in failures]]),
        settings=step.settings.model_dump(mode="json"),
        inputs=step.inputs,
        outputs=stamp_outputs(step.outputs, step.manifest.parent),
        counts={name: float(count) for name, count in report.counts.items()},
        failures=failures,
        details=show_places_in(report.details),
        warnings=[show_places(warning) for warning in warnings],
        seconds=seconds,
    )

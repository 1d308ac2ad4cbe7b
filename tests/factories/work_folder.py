"""Work folders whose earlier stages pass for finished."""

from typing import Any

from pipeline.runs.manifest import Manifest, write_manifest
from pipeline.runs.work_folder import WorkFolder


def finish_stage(work: WorkFolder, stage: str, output_key: str | None = None, **content: Any) -> None:
    """Write the manifest of a stage, so that it passes for finished.

    Parameters
    ----------
    work
        The work folder.
    stage
        Name of the stage.
    output_key
        Key on which later stages depend; by default the stage's name.
    content
        Other parts of the manifest, such as ``inputs`` or ``settings``; by default they are empty.
    """
    key = output_key or stage
    empty = {"settings": {}, "inputs": {}, "outputs": {}, "counts": {}, "failures": [], "details": {}}
    manifest = {"stage": stage, "key": key, "output_key": key, "seconds": 0} | empty | content
    write_manifest(work.manifest(stage), Manifest.model_validate(manifest))

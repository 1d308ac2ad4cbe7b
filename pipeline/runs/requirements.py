"""What a stage requires of those before it: that they are done, and what it reads of them is whole."""

from pathlib import Path

from data.cells.edited_masks import find_lost_records, find_mask_edits, stamps_path
from data.errors import InputError
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.outputs.changed_outputs import find_changed_outputs
from pipeline.runs.work_folder import WorkFolder


def require(work: WorkFolder, stage: str, *reads: Path, otherwise: str = "", instead: str = "") -> Manifest:
    """Return the manifest of an earlier stage that a later one builds on.

    Parameters
    ----------
    work
        The work folder.
    stage
        The earlier stage.
    reads
        Files and folders of it that will be read: these must be as it left them.
    otherwise
        What the user can do in place of running that stage again where one of them is not.
    instead
        What the user can do in place of running that stage where it was never run.

    Raises
    ------
    InputError
        The stage has not been run in this work folder, or an even earlier one was run again since, masks
        were edited since they were measured, or one of ``reads`` is missing or was changed.
    """
    manifest = read_manifest(work.manifest(stage))
    if manifest is None:
        raise InputError(
            found=f"{stage} is not finished",
            where=work.root,
            expected=f"{stage}.json and what belongs to it",
            advice=f"run `hpacells {stage}` with this work folder first"
            + (f", or {instead}" if instead else ""),
        )
    if stage == "segment":
        _check_masks(work, is_read=work.masks in reads)
    for name, fingerprint in manifest.inputs.items():
        earlier = read_manifest(work.manifest(name))
        if earlier is not None and earlier.output_key != fingerprint:
            raise InputError(
                found=f"{stage} is older than {name}",
                where=work.root,
                expected=f"a {stage} made from today's {name}",
                advice=f"run `hpacells {stage}` again",
            )
        if earlier is not None:
            require(work, name)
    # Of masks each field has its own record; other files beside them do no harm.
    files = {stamps_path(path) if path == work.masks else path for path in reads}
    _check_outputs(work, stage, files, otherwise)
    return manifest


def require_cells(work: WorkFolder, *reads: Path) -> Manifest:
    """Return the manifest of the crops, having checked the tables of cells and images and what else is read.

    Raises
    ------
    InputError
        As `require` does; the message names the stage that makes what is not whole.
    """
    crops = require(work, "crops", work.cells, work.images, *reads)
    if "segment" in crops.inputs:
        require(work, "segment", work.images)
    return crops


def _check_outputs(work: WorkFolder, stage: str, reads: set[Path], otherwise: str) -> None:
    if not reads:
        return
    for path in find_changed_outputs(work.manifest(stage)):
        if reads.isdisjoint((path, *path.parents)):
            continue
        raise InputError(
            found=f"changed or damaged since {stage} wrote it" if path.exists() else "missing",
            where=path,
            expected=f"what {stage} wrote",
            advice=f"run `hpacells {_find_mender(work, stage, path)}` again"
            + (f", or {otherwise}" if otherwise and path.exists() else ""),
        )


def _find_mender(work: WorkFolder, stage: str, path: Path) -> str:
    """Return the stage that makes an output again: segment, where records of fields are lost, too."""
    is_of_fields = path == work.cells and read_manifest(work.manifest("segment")) is not None
    return "segment" if is_of_fields and find_lost_records(work.masks) else stage


def _check_masks(work: WorkFolder, *, is_read: bool) -> None:
    edits = find_mask_edits(work.masks)
    lost = [*edits.missing, *edits.damaged]
    if lost and is_read:
        raise InputError(
            found=f"the mask of {_count(lost)} is missing or damaged",
            where=work.masks,
            expected="the masks that segment wrote",
            advice="run `hpacells segment` again, which segments only what is not whole",
        )
    if edits.unmeasured:
        raise InputError(
            found=f"the mask of {_count(edits.unmeasured)} was edited after its cells were measured",
            where=work.masks,
            expected="the masks that are in the cells table",
            advice="run `hpacells crops` and the stages after it again, which use the edited mask",
        )


def _count(image_ids: list[str]) -> str:
    return image_ids[0] + (f" and {len(image_ids) - 1} more" if len(image_ids) > 1 else "")

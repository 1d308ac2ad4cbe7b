"""The segment step: what it depends on, what it writes, and the call that runs it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.cells.edited_masks import find_mask_edits, find_unrecorded, list_records, stamps_path
from data.cells.field_cells import read_key
from data.cells.label_stamp import write_stamps
from data.errors import InputError
from data.fields.fewer_channels.folder_channels import choose_channels
from data.fields.field import Field
from data.fields.image_settings import ImageSettings
from data.storage.images import name_images
from data.text.readable_text import readable
from pipeline.config.config import Config
from pipeline.runs.execute import Step, execute
from pipeline.runs.fingerprints import fingerprint_fields
from pipeline.runs.manifest import Manifest, hash_json, hash_json_list, read_manifest
from pipeline.runs.outputs.changed_outputs import find_changed_outputs, keep_changed
from pipeline.runs.outputs.stamps import is_unchanged, name_output
from pipeline.runs.work_folder import WorkFolder
from pipeline.runs.writer_lock import sole_writer
from pipeline.shards.folders import find_shard
from pipeline.steps.images import SHARD
from stages.segment.settings import SegmentSettings
from stages.stage import Context, Failure, StageReport

if TYPE_CHECKING:
    from stages.segment.paths import SegmentOutputs

EDITS = "edited masks"
"""Input of the step that is there only where somebody has edited masks."""

CHANNELS = "channels"
"""Input of the step of a shard: the channels of all fields that are used, of which its own may lack some."""


def segment_step(work: WorkFolder, images_dir: Path, fields: Sequence[Field], config: Config) -> Step:
    """Segment fields, which lie in the folder ``images_dir``; in the folder of a shard, only its own.

    What is decided for all fields together, such as their channels, does not depend on the shard.
    """
    from stages.segment.paths import SegmentInputs
    from stages.segment.run import run as segment
    from stages.segment.segmenter_choice import explain_choice, find_masks_folder, make_mask_source

    images = _storable(images_dir)
    restored = restore_stamps(work)
    settings = config.settings("segment", SegmentSettings)
    image_settings = config.settings("images", ImageSettings).model_dump(mode="json")
    source = make_mask_source(fields, settings)
    channels = choose_channels(fields, settings.channels, needs_nuclei=find_masks_folder(settings) is None)
    shard = find_shard(work.root)
    own = list(fields) if shard is None else shard.select(fields)
    inputs = SegmentInputs(own, source, explain_choice(fields, settings), channels)
    outputs = segment_outputs(work)

    def run(_: str, context: Context) -> StageReport:
        report = segment(inputs, outputs, settings, context)
        report.details |= {"images": images, "image_settings": image_settings}
        if shard is not None:
            report.details[SHARD] = str(shard)
        return report

    return Step(
        stage="segment",
        manifest=work.manifest("segment"),
        settings=settings,
        inputs={"images": fingerprint_fields(own), "segmenter": inputs.segmenter.identity()}
        | fingerprint_masks(inputs.segmenter, own)
        | fingerprint_edits(find_mask_edits(work.masks).all)
        | ({} if shard is None else {SHARD: str(shard), CHANNELS: " ".join(channels)}),
        outputs=segmented_paths(work),
        run=run,
        incomplete=restored or is_incomplete(work, images_dir),
    )


def _storable(images_dir: Path) -> str:
    """Return the path or URL of a folder for a manifest.

    Raises
    ------
    InputError
        It has bytes that are not UTF-8, in its own name or in that of a folder above it.
    """
    path, name = str(images_dir.absolute()), name_images(images_dir)
    if readable(name) == name:
        return name
    if readable(path) == path:
        # A link to it has a name that can be stored.
        return path
    raise InputError(
        found="a folder whose name is not UTF-8",
        where=path,
        expected="a name that can be stored",
        advice="rename it, or give a link to it with another name",
    )


def measure_edited_masks(work: WorkFolder, context: Context) -> None:
    """Measure the masks in a work folder that were edited since they were segmented, where there are any.

    Raises
    ------
    InputError
        One of them is no label image of its field; nothing is changed then.
    """
    restore_stamps(work)
    segmented = read_manifest(work.manifest("segment"))
    edits = find_mask_edits(work.masks)
    if segmented is None or not edits.unmeasured:
        return
    from stages.segment.edits import check_edits, measure_edits

    outputs = segment_outputs(work)
    check_edits(outputs, edits.unmeasured)

    def run(_: str, __: Context) -> StageReport:
        counts = measure_edits(outputs, edits.unmeasured)
        return StageReport(
            counts=counts,
            failures=[Failure(record.where, record.why) for record in segmented.failures],
            details=segmented.details,
        )

    step = Step(
        stage="segment",
        manifest=work.manifest("segment"),
        settings=SegmentSettings.model_validate(segmented.settings),
        inputs={name: value for name, value in segmented.inputs.items() if name != EDITS}
        | fingerprint_edits(find_mask_edits(work.masks).all),
        outputs=segmented_paths(work),
        run=run,
    )
    execute(step, context)


def restore_stamps(work: WorkFolder) -> bool:
    """Write what is known of the label images again where that file is lost, from the records of the fields.

    Before anything asks which masks were edited.

    Returns
    -------
    bool
        Whether it was lost.
    """
    path, segmented = stamps_path(work.masks), read_manifest(work.manifest("segment"))
    stamp = segmented.outputs.get(name_output(path, work.root)) if segmented is not None else None
    if stamp is None or is_unchanged(path, stamp):
        return False
    records = {image_id: read_key(record) for image_id, record in list_records(work.masks).items()}
    with sole_writer(work.root):
        write_stamps(path, {name: key[1] for name, key in records.items() if key and key[1]})
    return True


def restore_tables(
    work: WorkFolder, fields: Sequence[Field], segmented: Manifest
) -> Callable[[], None] | None:
    """Return what collects the tables of a segmentation again; None where they are whole.

    Parameters
    ----------
    work
        The work folder.
    fields
        The fields that were segmented, in order.
    segmented
        Manifest of the segmentation, whose failed fields are in no table.
    """
    manifest_path = work.manifest("segment")
    changed = [path for path in find_changed_outputs(manifest_path) if path in (work.cells, work.images)]
    if not changed:
        return None

    def restore() -> None:
        from stages.segment.tables import collect

        outputs, failed = segment_outputs(work), {failure.where for failure in segmented.failures}
        image_ids = [field.image_id for field in fields if field.image_id not in failed]
        known = list_records(work.masks).keys() - failed
        keep_changed(manifest_path, changed)
        if work.cells in changed:
            # What can be read of a damaged table need not be all of it.
            work.cells.unlink(missing_ok=True)
        collect(outputs, [*image_ids, *sorted(known.difference(image_ids))])

    return restore


def is_incomplete(work: WorkFolder, images_dir: Path) -> bool:
    """Check whether masks are lost or damaged, or the images were moved, which later stages must know."""
    edits, segmented = find_mask_edits(work.masks), read_manifest(work.manifest("segment"))
    images = None if segmented is None else segmented.details.get("images")
    is_whole = not (edits.missing or edits.damaged or find_unrecorded(work.masks))
    return not is_whole or images != name_images(images_dir)


def segmented_paths(work: WorkFolder) -> tuple[Path, ...]:
    """Return all that segment writes in a work folder."""
    return work.masks, work.images, work.cells, stamps_path(work.masks)


def segment_outputs(work: WorkFolder) -> "SegmentOutputs":
    """Return where the segment stage writes in a work folder."""
    from stages.segment.paths import SegmentOutputs

    return SegmentOutputs(masks_dir=work.masks, cells_path=work.cells, images_table_path=work.images)


def fingerprint_masks(source: object, fields: Sequence[Field]) -> dict[str, str]:
    """Return what a step depends on where the user's own masks take the place of a segmenter's."""
    from data.own_masks.own_masks import OwnMasks

    if not isinstance(source, OwnMasks):
        return {}
    return {"masks": hash_json_list([field.image_id, source.fingerprint(field)] for field in fields)}


def fingerprint_edits(edits: Mapping[str, str]) -> dict[str, str]:
    """Return what later stages see of masks that were edited by hand; nothing where none was."""
    return {EDITS: hash_json(edits)} if edits else {}

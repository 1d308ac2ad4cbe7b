"""The crops step: what it depends on, what it writes, and the call that runs it."""

from collections.abc import Sequence
from pathlib import Path

from data.errors import InputError
from data.fields.fewer_channels.folder_channels import choose_channels
from data.fields.field import Field
from data.fields.image_settings import ImageSettings
from data.file_hash import hash_file
from data.labels.label_set import read_label_set
from data.tiles.tile_presets import PresetName
from pipeline.config.config import Config
from pipeline.engines.local import LocalEngine
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import fingerprint_fields, hash_label_set
from pipeline.runs.manifest import Manifest, hash_json_rows
from pipeline.runs.outputs.written_files import is_written
from pipeline.runs.pixel_sizes import read_pixel_sizes
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.images import SHARD, list_segmented
from pipeline.steps.segment import CHANNELS, measure_edited_masks, restore_tables
from stages.crops.settings import CropsSettings, PrecroppedSettings
from stages.stage import Context, StageReport


def crops_step(
    work: WorkFolder,
    images_dir: Path,
    fields: Sequence[Field],
    config: Config,
    preset: PresetName | None = None,
) -> Step:
    """Cut the cells of segmented fields, which lie in the folder ``images_dir``, to tiles.

    A preset takes the place of that of the settings.
    """
    from stages.crops.paths import CropsInputs, CropsOutputs
    from stages.crops.run import run as crops

    settings = config.settings("crops", CropsSettings)
    if preset is not None:
        settings = settings.model_copy(update={"preset": preset})
    measure_edited_masks(work, LocalEngine(workers=1))
    segmented = require(work, "segment", work.masks)
    restore = restore_tables(work, fields, segmented)

    def run(key: str, context: Context) -> StageReport:
        if restore is not None:
            restore()
        inputs = CropsInputs(
            fields=fields,
            images_dir=images_dir,
            masks_dir=work.masks,
            cells_path=work.cells,
            key=key,
            pixel_sizes_um=read_pixel_sizes(work, segmented),
            channels=_find_channels(fields, segmented),
        )
        outputs = CropsOutputs(cells_path=work.cells, tiles_path=work.tiles)
        return crops(inputs, outputs, settings, context)

    return Step(
        stage="crops",
        manifest=work.manifest("crops"),
        settings=settings,
        inputs={"segment": segmented.output_key, "images": fingerprint_fields(fields)},
        outputs=(work.cells, work.tiles),
        run=run,
    )


def _find_channels(fields: Sequence[Field], segmented: Manifest) -> tuple[str, ...]:
    """Find the channels of the fields that are used; in a shard those of all fields, not of its own."""
    if SHARD in segmented.details:
        return tuple(segmented.inputs[CHANNELS].split())
    return choose_channels(fields, segmented.settings.get("channels", "auto"), needs_nuclei=False)


def any_crops_step(work: WorkFolder, images_dir: Path | None, index: Path | None, config: Config) -> Step:
    """Cut the cells of the fields in ``images_dir``, or take those of ``index``; exactly one is given."""
    if images_dir is not None and index is None:
        # Before anything asks whether the segmentation is up to date.
        measure_edited_masks(work, LocalEngine(workers=1))
        return crops_step(work, images_dir, list_segmented(work, config, images_dir), config)
    if index is not None and images_dir is None:
        return precropped_step(work, index, config)
    raise InputError(
        found="neither images nor --from" if index is None else "both images and --from",
        where="crops",
        expected="the folder of the segmented fields, or --from and an index of cells",
        advice="see `hpacells crops --help`",
    )


def precropped_step(work: WorkFolder, index: Path, config: Config) -> Step:
    """Take the pre-cropped cells of an index file in place of segmented ones."""
    from data.cells.precropped.index_files import fingerprint_cells
    from data.cells.precropped.precropped_index import PrecroppedIndex
    from stages.crops.paths import PrecroppedInputs, PrecroppedOutputs
    from stages.crops.run_precropped import run as crops

    settings = config.settings("crops", PrecroppedSettings)
    images = config.settings("images", ImageSettings)
    full_scale = images.full_scale
    label_set = read_label_set(settings.label_set)
    cells = PrecroppedIndex(index, label_set, settings.channel_order, images.max_pixels)
    labels = work.root / "labels.csv"
    written = work.cells, work.images, work.tiles

    def run(key: str, context: Context) -> StageReport:
        # Without labels in the index, a user's own file is not touched.
        ours = cells.labelled or is_written(work.root, labels)
        outputs = PrecroppedOutputs(work.cells, work.images, work.tiles, labels if ours else None)
        return crops(PrecroppedInputs(cells, key, full_scale), outputs, settings, context)

    return Step(
        stage="crops",
        manifest=work.manifest("crops"),
        settings=settings,
        inputs={"index": hash_file(index), "files": hash_json_rows(fingerprint_cells(cells), full_scale)}
        | hash_label_set(label_set),
        outputs=(*written, labels) if cells.labelled else written,
        run=run,
    )

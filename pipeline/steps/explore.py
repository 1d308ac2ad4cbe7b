"""The step that explores a label set: what it depends on, what it writes, and its call."""

from pathlib import Path

from data.file_hash import hash_file
from data.labels.label_set import read_label_set
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import fingerprint_fields, hash_label_set
from pipeline.runs.manifest import read_manifest
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.images import list_fields
from stages.explore.settings import ExploreSettings


def explore_step(work: WorkFolder, images: Path | None, labels: Path, config: Config) -> Step:
    """Plot a label file with its images, where there are any, and the work folder's cells, if it has any."""
    from stages.explore.paths import ExploreInputs, ExploreOutputs
    from stages.explore.run import run as explore

    settings = config.settings("explore", ExploreSettings)
    fields = None if images is None else list_fields(images, config)
    dependencies = {
        "labels": hash_file(labels),
        "label_file": str(labels),
        "images": "none" if fields is None else fingerprint_fields(fields),
    }
    dependencies |= hash_label_set(read_label_set(settings.label_set))
    # Cells are counted where they are, none are asked for.
    earlier = {stage: read_manifest(work.manifest(stage)) for stage in ("segment", "crops")}
    keys = {stage: manifest.output_key for stage, manifest in earlier.items() if manifest is not None}
    has_cells = bool(keys) and work.cells.is_file() and work.images.is_file()
    inputs = ExploreInputs(
        labels_path=labels,
        fields=fields,
        cells_path=work.cells if has_cells else None,
        images_table_path=work.images if has_cells else None,
    )
    return Step(
        stage="explore",
        manifest=work.manifest("explore"),
        settings=settings,
        inputs=dependencies | (keys if has_cells else {}),
        outputs=(work.explore,),
        run=lambda _, context: explore(inputs, ExploreOutputs(work.explore), settings, context),
    )

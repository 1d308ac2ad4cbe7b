"""The command that finds nuclei and cells."""

from pipeline.commands.options import (
    AllowFailed,
    Assignments,
    Channels,
    ConfigFile,
    Images,
    OwnMasks,
    PathList,
    RuntimeName,
    SegmenterName,
    ShardOption,
    Work,
    images_of,
    load_settings,
    run_step,
)
from pipeline.runs.work_folder import WorkFolder


def segment(
    work: Work,
    images: Images = None,
    path_list: PathList = None,
    segmenter: SegmenterName = None,
    runtime: RuntimeName = None,
    channels: Channels = None,
    masks: OwnMasks = None,
    shard: ShardOption = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    allow_failed: AllowFailed = False,
) -> None:
    """Find the nuclei and cells of every field."""
    from pipeline.steps.images import list_fields
    from pipeline.steps.segment import segment_step

    options = {
        "segment.segmenter": segmenter,
        "segment.runtime": runtime,
        "segment.masks": masks,
        "images.channels": channels,
    }
    settings = load_settings(["images", "segment"], config, assignments, options)
    where = images_of(images, path_list)
    run_step(segment_step(WorkFolder(work), where, list_fields(where, settings), settings), allow_failed)

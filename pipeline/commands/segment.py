"""The command that finds nuclei and cells."""

from pipeline.commands.options import (
    AllowFailed,
    Assignments,
    Channels,
    ConfigFile,
    EngineName,
    Images,
    OwnMasks,
    PathList,
    RayAddress,
    RuntimeName,
    SegmenterName,
    ShardOption,
    Work,
    images_of,
    load_settings,
    name_engine,
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
    engine: EngineName = None,
    ray_address: RayAddress = None,
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
    } | name_engine(engine, ray_address)
    settings = load_settings(["images", "segment", "engine"], config, assignments, options)
    where = images_of(images, path_list)
    step = segment_step(WorkFolder(work), where, list_fields(where, settings), settings)
    run_step(step, allow_failed, settings)

"""The command that forecasts what a run will take."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    AllowFailed,
    Assignments,
    Channels,
    ConfigFile,
    Images,
    OwnMasks,
    PathList,
    SegmenterName,
    images_of,
    load_settings,
    local_engine,
)
from pipeline.engines.messages import BAD_INPUT
from pipeline.runs.work_folder import WorkFolder


def plan(
    images: Images = None,
    path_list: PathList = None,
    limit: Annotated[
        str | None,
        typer.Option(help="Time that the run may take, such as 9h, 45m or 1h30m: which settings keep it?"),
    ] = None,
    models: Annotated[
        list[Path] | None,
        typer.Option("--model", help="As of run; default: the bundled simhpa19."),
    ] = None,
    segmenter: SegmenterName = None,
    runtime: Annotated[
        str | None,
        typer.Option(help="What runs segmenter and classifier: auto, torch, openvino, openvino-int8 ..."),
    ] = None,
    masks: OwnMasks = None,
    channels: Channels = None,
    count: Annotated[
        int | None,
        typer.Option("--fields", min=1, help="Fields to time, evenly chosen; default: for about a minute."),
    ] = None,
    json_path: Annotated[Path | None, typer.Option("--json", help="Write the plan there as JSON.")] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    allow_failed: AllowFailed = False,
) -> None:
    """Forecast time, disk and memory of run, by timing a few fields."""
    from data.atomic import atomic_write
    from pipeline.plan.durations import parse_duration
    from pipeline.plan.plan import make_plan
    from pipeline.plan.table import as_dict, format_plan
    from pipeline.runs.outputs.written_files import sole_file
    from pipeline.steps.whole_run import Job, list_sections

    seconds = None if limit is None else parse_duration(limit)
    # The work folder of each timed run takes the place of this one, which is not made.
    job = Job(WorkFolder(Path("plan")), images_of(images, path_list), models=models or [])
    options = {
        "segment.segmenter": segmenter,
        "segment.runtime": runtime,
        "predict.runtime": runtime,
        "segment.masks": masks,
        "images.channels": channels,
    }
    settings = load_settings(list_sections(job), config, assignments, options)
    with nullcontext() if json_path is None else sole_file("plan", json_path, [config], ending=".json"):
        made = make_plan(job, settings, local_engine(), count, seconds)
        if json_path is not None:
            with atomic_write(json_path) as temporary:
                temporary.write_text(json.dumps(as_dict(made), indent=1) + "\n")
    typer.echo(format_plan(made))
    if made.failures and not allow_failed:
        raise typer.Exit(BAD_INPUT)

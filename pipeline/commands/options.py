"""Options that several commands share, and the execution of a step."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from data.errors import InputError
from data.fields.shard import parse_shard
from data.storage.images import list_urls, locate_images
from data.storage.url import find_local, find_url
from pipeline.config.config import Config, load_config
from pipeline.engines.choice import open_engine
from pipeline.engines.local import LocalEngine, available_cores
from pipeline.engines.messages import BAD_INPUT
from pipeline.engines.settings import EngineSettings
from pipeline.engines.torchrun import is_follower
from pipeline.runs.execute import Step, execute
from pipeline.runs.manifest import Manifest
from pipeline.runs.storage.held_copies import held_copy, list_held
from pipeline.runs.storage.needed import TABLES
from pipeline.runs.writer_lock import refuse_other_writer, sole_writer
from pipeline.shards.folders import locate_shard
from stages.stage import Context


def locate(place: Path | None) -> Path | None:
    """Return the folder of images that was given, or that of the copies of those at a URL.

    Raises
    ------
    InputError
        There is no file system for the URL.
    """
    return None if place is None else locate_images(place)


Images = Annotated[
    Path | None,
    typer.Argument(
        help="Folder of fields: <ID>_red.png _green _blue _yellow, or s3://...; or a path_list.csv.",
        callback=locate,
    ),
]
PathList = Annotated[
    Path | None,
    typer.Option(
        "--from",
        help="In place of IMAGES: a list of files as SubCell has it, path_list.csv, one row per field.",
        callback=locate,
    ),
]
Channels = Annotated[
    str | None,
    typer.Option(
        "--channels",
        help="Which files are which stain: a preset, or such as 'red=*_ch00.tif,green=*_ch01.tif'; in "
        "files of several channels their numbers from 0 or names: 'blue=0,green=GFP'.",
    ),
]
SegmenterName = Annotated[
    str | None,
    typer.Option(help="auto, dpn-unet, lite, classical, hpacellseg, cellpose, or masks (see --masks)."),
]
RuntimeName = Annotated[
    str | None,
    typer.Option(help="auto, torch, torch-bfloat16, cuda, openvino, openvino-bfloat16 or openvino-int8."),
]


def hold_folder(context: typer.Context, work: Path | None) -> Path | None:
    """Return a work folder, or that of its shard, to which no other process writes until the command ends.

    From the first look at what is done there: what another one replaces meanwhile would not be what was seen.
    Shards of one work folder may be written side by side. Of a work folder at a URL it is the copy, whose
    finished parts are sent there.

    Raises
    ------
    InputError
        Another is writing there, or it is a file; or the URL cannot be reached.
    """
    work, shard = find_local(work), context.params.get("shard")
    url = None if work is None else find_url(work)
    if url is not None:
        if isinstance(shard, str):
            if context.info_name == "predict":
                # The classifier that was trained there may be used.
                context.with_resource(held_copy(url, TABLES, writes=False))
            url += f"/{locate_shard(Path(), parse_shard(shard)).as_posix()}"
        return context.with_resource(held_copy(url, context.info_name or "", writes=not is_follower()))
    if work is not None and work.exists() and not work.is_dir():
        raise InputError(
            found="a file", where=work, expected="the folder of a run", advice="give another --work"
        )
    if work is not None and isinstance(shard, str):
        work = locate_shard(work, parse_shard(shard))
    if work is not None and work.exists() and not is_follower():
        try:
            context.with_resource(sole_writer(work))
        except OSError:
            # Nothing can be written there, which is an error only where something must be.
            refuse_other_writer(work)
    return work


def read_folder(context: typer.Context, work: Path | None) -> Path | None:
    """Return a work folder that is only read: of one at a URL, the copy, brought up to date.

    Raises
    ------
    InputError
        The URL cannot be reached.
    """
    work = find_local(work)
    url = None if work is None else find_url(work)
    if url is None:
        return work
    return context.with_resource(held_copy(url, context.info_name or "", writes=False))


def hold_folders(context: typer.Context, works: Sequence[Path]) -> Sequence[Path]:
    """Return work folders, each held as by `hold_folder`.

    Raises
    ------
    InputError
        One is given twice, another is writing there, or it is a file.
    """
    places = [work.resolve() for work in works]
    for number, work in enumerate(works):
        if places[number] in places[:number]:
            raise InputError(
                found="the same folder twice",
                where=work,
                expected="each work folder once",
                advice="leave one of them out",
            )
    return [held for work in works if (held := hold_folder(context, work)) is not None]


Work = Annotated[Path, typer.Option("--work", help="Work folder of this run.", callback=hold_folder)]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        # Read before --work, which is then the folder of the shard.
        is_eager=True,
        help="Only part I (from 0) of N parts of the fields, in the shard's folder in the work folder; "
        "`hpacells merge` joins them.",
    ),
]
Labels = Annotated[Path, typer.Option("--labels", help="Label file ID,Label (Kaggle's train.csv).")]
Recipe = Annotated[
    str | None, typer.Option("--recipe", help="Training recipe: a TOML file or the name of a bundled one.")
]
FieldImages = Annotated[
    Path | None,
    typer.Option(
        "--images",
        help="Folder of the fields, for a classifier of whole fields; default: that which was segmented.",
        callback=locate,
    ),
]
OwnMasks = Annotated[
    Path | None,
    typer.Option(
        "--masks", help="Folder of your own masks, in place of a segmenter's (docs/masks.md has the formats)."
    ),
]
EngineName = Annotated[
    str | None,
    typer.Option("--engine", help="local: this machine; ray: a Ray cluster (docs/cluster.md)."),
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        "--ray-address",
        help="Running Ray cluster, such as 10.0.0.1:6379. Default: RAY_ADDRESS, else Ray is started here.",
    ),
]
AllowFailed = Annotated[
    bool, typer.Option("--allow-failed", help="Exit with status 0 even if fields failed.")
]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file with one section per stage.")]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.NAME=VALUE", help="One setting; may be repeated."),
]


def images_of(images: Path | None, path_list: Path | None) -> Path:
    """Return where the images are: the folder, or the list in its place.

    Raises
    ------
    typer.BadParameter
        Neither or both are given.
    """
    given = [path for path in (images, path_list) if path is not None]
    if len(given) != 1:
        message = "give the folder of the images, or --from path_list.csv" + (", not both" if given else "")
        raise typer.BadParameter(message)
    return given[0]


def load_settings(
    reads: Sequence[str],
    config: Path | None,
    assignments: Sequence[str] | None,
    options: Mapping[str, object] | None = None,
    recipe: str | None = None,
) -> Config:
    """Load the configuration: a file, assignments, and options of the command that were given.

    Parameters
    ----------
    reads
        The sections that the command reads; every setting is checked, and one of another section refused.
    config, assignments, options, recipe
        Where settings come from; options are named ``section.name``, those that are None were not given.
    """
    given = [f"{name}={_quote(value)}" for name, value in (options or {}).items() if value is not None]
    return load_config(config, [*(assignments or ()), *given], recipe, reads)


def _quote(value: object) -> object:
    """Write a path as TOML does, so that a folder called 2021 is no number."""
    return json.dumps(str(value), ensure_ascii=False) if isinstance(value, Path) else value


def local_engine() -> LocalEngine:
    """Return the engine of this machine, with one worker per core."""
    return LocalEngine(workers=available_cores())


def name_engine(engine: str | None, ray_address: str | None) -> dict[str, object]:
    """Return the options of the engine by their settings, as `load_settings` takes them."""
    return {"engine.name": engine, "engine.ray_address": ray_address and json.dumps(ray_address)}


def engine_of(config: Config) -> AbstractContextManager[Context]:
    """Open the engine that a configuration names, until the context ends.

    Raises
    ------
    InputError
        It runs on other machines, and something is at a URL, of which only this machine has a copy.
    """
    settings = config.settings("engine", EngineSettings)
    url = next(iter([*list_urls(), *list_held()]), None)
    if settings.name != "local" and url is not None:
        raise InputError(
            found="a URL, whose files only this machine would have",
            where=url,
            expected=f"with engine {settings.name}, folders that all machines of the cluster see",
            advice="mount the storage on all of them, or leave --engine out (docs/storage.md)",
        )
    return open_engine(settings)


def run_step(step: Step, allow_failed: bool = False, config: Config | None = None) -> Manifest:
    """Execute a step; what could not be done makes the exit status 2, unless it is allowed.

    It runs by the engine of the configuration, without one on this machine.
    """
    with nullcontext(local_engine()) if config is None else engine_of(config) as engine:
        manifest = execute(step, engine)
    finish([manifest], allow_failed)
    return manifest


def finish(manifests: Sequence[Manifest], allow_failed: bool = False) -> None:
    """End the command with exit status 2 where fields failed, unless that is allowed."""
    failed = sum(len(manifest.failures) for manifest in manifests)
    if failed and not allow_failed:
        raise typer.Exit(BAD_INPUT)

"""Where the shards of a work folder lie: in folders of its ``shards``, each laid out as a work folder."""

import shlex
from pathlib import Path

from data.errors import InputError
from data.fields.shard import Shard, parse_folder_name
from pipeline.runs.work_folder import WorkFolder

SHARDS = "shards"
"""Name of the folder of all shards in a work folder."""


def locate_shard(work: Path, shard: Shard) -> Path:
    """Return the folder of one shard of a work folder."""
    return work / SHARDS / shard.folder_name


def find_shard(folder: Path) -> Shard | None:
    """Return which shard a work folder is, by its place; None where it is no shard."""
    folder = folder.absolute()
    return parse_folder_name(folder.name) if folder.parent.name == SHARDS else None


def find_whole(shard_folder: Path) -> Path:
    """Return the work folder that a shard is a part of."""
    return shard_folder.parent.parent


def list_shards(work: Path) -> dict[Shard, WorkFolder]:
    """List all shards of a work folder, in order.

    Raises
    ------
    InputError
        There are none, or of sets of different size, or one is missing.
    """
    folder = work / SHARDS
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    found = {shard: path for path in entries if (shard := parse_folder_name(path.name)) and path.is_dir()}
    if not found:
        raise InputError(
            found="no shards",
            where=folder,
            expected="the folders of all shards of a set, such as 0-of-4",
            advice=f"run {command('segment', work, Shard(4, 0))} and so on first",
        )
    counts = sorted({shard.count for shard in found})
    if len(counts) > 1:
        first, other = (min(shard for shard in found if shard.count == count) for count in counts[:2])
        raise InputError(
            found=f"shards of {' and of '.join(map(str, counts))}, such as {first} and {other}",
            where=folder,
            expected="all shards of one number",
            advice=f"remove the folders of the others, such as {found[other]}",
        )
    for number in range(counts[0]):
        shard = Shard(counts[0], number)
        if shard not in found:
            raise InputError(
                found=f"shard {shard} is missing",
                where=locate_shard(work, shard),
                expected=f"all {shard.count} shards",
                advice=f"run {command('segment', work, shard)} and what follows it",
            )
    return {shard: WorkFolder(found[shard]) for shard in sorted(found)}


def command(stage: str, work: Path, shard: Shard, images: Path | None = None) -> str:
    """Return the command, in backquotes, that makes a stage of one shard."""
    words = ["hpacells", stage, *([str(images or "IMAGES")] if stage in ("segment", "crops") else [])]
    return f"`{shlex.join([*words, '--work', str(work), '--shard', str(shard)])}`"

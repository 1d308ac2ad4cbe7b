"""The job of a set whose shards are made one by one and then joined: its stages and their commands."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from tests.factories.whole_job.commands import CHANGED, EXPORTS, command_of

SHARDS = ("0-of-2", "1-of-2")
SHARDED = ("segment", "crops", "predict")
"""Stages that are made of each shard."""

SHARD_JOB = (*(f"{stage}-{shard}" for shard in SHARDS for stage in SHARDED), "merge", "combine")
"""Names of these stages with their shard, in order, and what follows them."""

_OF_SHARD = re.compile(r"(\w+)-(\d+)-of-(\d+)")


def shard_command(source: Path, work: Path, stage: str, *, changed: bool = False) -> Sequence[str]:
    """Return the words of the command of a stage of a shard, of ``merge``, or of a stage of the whole.

    Parameters
    ----------
    source
        Folder of the ``images``, of the settings ``small.toml``, and of the classifier ``model``.
    work
        The work folder, of which the shards are a part.
    stage
        Name of the stage.
    changed
        Whether a setting is another one; ``merge`` has none.
    """
    if stage == "merge":
        return ["hpacells", "merge", str(work)]
    found = _OF_SHARD.fullmatch(stage)
    base = found[1] if found else stage
    words = list(command_of(source, work, base))
    if base == "predict":
        words += ["--model", str(source / "model")]
    if found:
        words += ["--shard", f"{found[2]}/{found[3]}"]
    return [*words, *(["--set", CHANGED[base]] if changed else ())]


def base_of(stage: str) -> str:
    """Return the name of a stage without its shard."""
    found = _OF_SHARD.fullmatch(stage)
    return found[1] if found else stage


def list_manifests(stage: str) -> list[str]:
    """Return where the manifests of a stage lie in the work folder; a merge has those of what it joins."""
    if stage == "merge":
        return [f"{base}.json" for base in SHARDED]
    found = _OF_SHARD.fullmatch(stage)
    if found:
        return [f"shards/{found[2]}-of-{found[3]}/{found[1]}.json"]
    # Each format of an export has one of its own.
    return [f"{stage if stage in EXPORTS else stage.replace('-', '_')}.json"]


def name_stage(command: str) -> str:
    """Return the name of the stage, with its shard, of a command that a message names."""
    words = shlex.split(command)
    shard = words[words.index("--shard") + 1].replace("/", "-of-") if "--shard" in words else ""
    return f"{words[1]}-{shard}" if shard else words[1]

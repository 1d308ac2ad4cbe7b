"""Whether the shards of a work folder are whole and alike: what they must be to be joined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.cells.edited_masks import find_mask_edits
from data.errors import InputError
from data.fields.shard import Shard
from data.software.versions import software_versions
from data.storage.images import locate_images
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from pipeline.shards.folders import command
from stages.stage import StageSettings

OF_SHARD = {
    "segment": ("images", "edited masks", "masks", "shard"),
    "crops": ("images", "segment"),
    "predict": ("crops",),
}
"""Inputs of stages that differ from shard to shard."""

_FREE_VERSIONS = ("python",)
"""What may differ: of Python itself no result depends on the release."""


@dataclass(frozen=True)
class StageOfShards:
    """What all shards made of one stage.

    Attributes
    ----------
    stage
        Name of the stage.
    manifests
        Its manifest in each shard, in order.
    """

    stage: str
    manifests: Sequence[Manifest]

    @property
    def first(self) -> Manifest:
        """The manifest of the first shard, for what is the same in all."""
        return self.manifests[0]


def read_stage(
    work: Path, shards: Mapping[Shard, WorkFolder], stage: str, settings_type: type[StageSettings]
) -> StageOfShards | None:
    """Read what all shards made of a stage as `require_stage` does; None where no shard has that stage."""
    if not any(folder.manifest(stage).exists() for folder in shards.values()):
        return None
    return require_stage(work, shards, stage, settings_type)


def require_stage(
    work: Path, shards: Mapping[Shard, WorkFolder], stage: str, settings_type: type[StageSettings]
) -> StageOfShards:
    """Return what all shards made of a stage, having checked that it is whole and alike.

    Raises
    ------
    InputError
        A shard lacks it, is older than what it was made from, damaged, or was made otherwise than the first
        or than it would be made here.
    """
    segmented = [read_manifest(folder.manifest("segment")) for folder in shards.values()]
    images = next((locate_images(made.details["images"]) for made in segmented if made is not None), None)
    makers = {shard: command(stage, work, shard, images) for shard in shards}
    manifests = [_require(folder, stage, shard, makers[shard]) for shard, folder in shards.items()]
    for (shard, folder), manifest in zip(shards.items(), manifests, strict=True):
        difference = _find_difference(manifest, manifests[0], stage, settings_type)
        if difference:
            raise InputError(
                found=f"{stage} of shard {shard} was made with {difference}",
                where=folder.root,
                expected=f"what shard {next(iter(shards))} was made with",
                advice=f"run {makers[shard]} again, with the same settings in the same environment",
            )
    difference = _find_version(manifests[0].versions, software_versions())
    if difference:
        raise InputError(
            found=f"the shards were made with {difference}, which is here",
            where=work,
            expected="a merge in the environment of the shards",
            advice="merge there, or make all shards again here",
        )
    return StageOfShards(stage, manifests)


def _require(folder: WorkFolder, stage: str, shard: Shard, maker: str) -> Manifest:
    reads = {
        "segment": (folder.masks, folder.images),
        "crops": (folder.cells, folder.tiles),
        "predict": (folder.predictions,),
    }
    try:
        manifest = require(folder, stage, *reads[stage])
    except InputError as error:
        raise InputError(
            found=f"shard {shard} is not whole: {error.found}",
            where=folder.root,
            expected=error.expected,
            advice=f"run {maker}",
        ) from None
    if stage == "segment" and manifest.details.get("shard") != str(shard):
        raise InputError(
            found=f"shard {manifest.details.get('shard', 'none')}, in the place of shard {shard}",
            where=folder.root,
            expected=f"what {maker} wrote",
            advice="remove that folder and run the command",
        )
    return manifest


def refuse_edits(work: WorkFolder, merged: Mapping[str, str]) -> None:
    """Check that no mask was edited in the work folder itself, which a merge would replace.

    Parameters
    ----------
    work
        The work folder.
    merged
        ID of the field -> hash of masks that were edited in the shards.

    Raises
    ------
    InputError
        One was.
    """
    edits = find_mask_edits(work.masks)
    own = [image_id for image_id, edit in edits.all.items() if merged.get(image_id) != edit]
    edited = sorted({*own, *edits.unmeasured})
    if edited:
        raise InputError(
            found=f"masks that were edited after they were merged, such as that of {edited[0]}",
            where=work.masks,
            expected="masks as they were merged",
            advice="go on with `hpacells crops` and what follows it in this folder, or merge into a copy "
            "that has the shards alone",
        )


def _find_difference(
    manifest: Manifest, first: Manifest, stage: str, settings_type: type[StageSettings]
) -> str:
    """Return how a shard was made otherwise than the first; empty where it was not."""
    for name, value in _settings(manifest, settings_type).items():
        other = _settings(first, settings_type).get(name)
        if value != other:
            return f"{stage}.{name} = {value}, not {other}"
    for name in dict.fromkeys([*manifest.inputs, *first.inputs]):
        value, other = manifest.inputs.get(name), first.inputs.get(name)
        if name not in OF_SHARD[stage] and value != other:
            return f"another {name} ({value}, not {other})"
    for name in ("image_settings", "runtimes"):
        value, other = manifest.details.get(name), first.details.get(name)
        if value and other and value != other:
            return f"other {name.replace('_', ' ')} ({value}, not {other})"
    return _find_version(manifest.versions, first.versions)


def _settings(manifest: Manifest, settings_type: type[StageSettings]) -> dict[str, Any]:
    return settings_type.model_validate(manifest.settings).of_result().model_dump(mode="json")


def _find_version(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    for name in sorted({*ours, *theirs}.difference(_FREE_VERSIONS)):
        if ours.get(name) != theirs.get(name):
            return f"{name} {ours.get(name, 'none')}, not {theirs.get(name, 'none')}"
    return ""

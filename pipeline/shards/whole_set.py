"""The whole that shards are parts of: its fields, in their order, and what failed of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.cells.edited_masks import find_mask_edits
from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.fields.image_settings import ImageSettings
from data.fields.shard import Shard
from data.storage.images import locate_images
from pipeline.runs.fingerprints import fingerprint_fields
from pipeline.runs.manifest import Manifest
from pipeline.runs.work_folder import WorkFolder
from pipeline.shards.checks import StageOfShards
from pipeline.shards.folders import command
from stages.stage import Failure


@dataclass(frozen=True)
class WholeSet:
    """A work folder, its shards, and the fields of all.

    Attributes
    ----------
    work
        The work folder.
    shards
        The folders of its shards.
    images_dir
        Where the fields lie.
    fields
        The fields of all shards, in order.
    """

    work: WorkFolder
    shards: Mapping[Shard, WorkFolder]
    images_dir: Path
    fields: Sequence[Field]

    def check_images(self, made: StageOfShards) -> None:
        """Check that shards were made from the images as they are, so that no field is left out.

        Raises
        ------
        InputError
            Fields were added, removed or replaced since.
        """
        for (shard, folder), manifest in zip(self.shards.items(), made.manifests, strict=True):
            if manifest.inputs["images"] != fingerprint_fields(shard.select(self.fields)):
                raise InputError(
                    found=f"{made.stage} of shard {shard} was made from other images than there are now",
                    where=folder.root,
                    expected=f"one made from the images in {self.images_dir}",
                    advice=f"run {command(made.stage, self.work.root, shard, self.images_dir)}",
                )

    def find_edits(self) -> dict[str, str]:
        """Return the masks that were edited in the shards: ID of the field -> hash."""
        edits: dict[str, str] = {}
        for part in self.shards.values():
            edits |= find_mask_edits(part.masks).all
        return edits

    def order(self, image_ids: set[str]) -> list[str]:
        """Return some fields in the order of all."""
        return [field.image_id for field in self.fields if field.image_id in image_ids]

    def join_failures(self, manifests: Sequence[Manifest]) -> list[Failure]:
        """Return what failed in all shards, in the order of the fields."""
        failures = {record.where: record.why for manifest in manifests for record in manifest.failures}
        return [Failure(image_id, failures[image_id]) for image_id in self.order(set(failures))]


def find_whole_set(work: WorkFolder, shards: Mapping[Shard, WorkFolder], segment: StageOfShards) -> WholeSet:
    """Find the fields of a whole set as its shards found them.

    Raises
    ------
    InputError
        The images are not there any more.
    """
    # Machines may have them at different places.
    places = [locate_images(manifest.details["images"]) for manifest in segment.manifests]
    images_dir = next((place for place in places if place.exists()), None)
    if images_dir is None:
        raise InputError(
            found="the images are not there any more",
            where=places[0],
            expected="those of the shards, by whose names it is known that none is missing",
            advice="put them back; if they were moved, run `hpacells segment` for each shard with the folder "
            "where they are now, which segments nothing twice",
        )
    settings = ImageSettings.model_validate(segment.first.details.get("image_settings", {}))
    return WholeSet(work, shards, images_dir, find_fields(images_dir, settings))

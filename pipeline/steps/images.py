"""The fields of a folder, found as the settings say."""

import logging
from contextlib import nullcontext
from pathlib import Path

from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.fields.image_settings import ImageSettings
from data.fields.shard import parse_shard
from data.storage.images import locate_images
from pipeline.config.config import Config
from pipeline.runs.failures import summarise_failures
from pipeline.runs.outputs.written_files import sole_file
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from stages.stage import Context, StageReport

SHARD = "shard"
"""Detail of a segmentation's manifest, and input of its step: which shard it is of, if it is of one."""

log = logging.getLogger("hpacells")


def list_fields(images_dir: Path, config: Config) -> list[Field]:
    """Find the fields of a folder."""
    return find_fields(images_dir, config.settings("images", ImageSettings))


def list_segmented(work: WorkFolder, config: Config, images_dir: Path | None = None) -> list[Field]:
    """Find fields as they were found when they were segmented; in the folder of a shard, only its own.

    Parameters
    ----------
    work
        The work folder in which they were segmented.
    config
        Configuration; what its section ``[images]`` names takes the place of the setting at that time.
    images_dir
        Where the fields lie now; by default where they were segmented.

    Raises
    ------
    InputError
        The folder was not segmented, or holds no field.
    """
    details = require(work, "segment").details
    settings = ImageSettings.model_validate(details.get("image_settings", {}))
    given = config.settings("images", ImageSettings).model_dump(exclude_unset=True)
    segmented_dir = locate_images(details["images"])
    if images_dir is None and not segmented_dir.is_dir():
        raise InputError(
            found="the images are not there any more",
            where=segmented_dir,
            expected="the folder that was segmented",
            advice="if it was moved, run `hpacells segment` with the folder where they are now, which "
            "segments nothing twice",
        )
    fields = find_fields(images_dir or segmented_dir, settings.model_copy(update=given))
    return parse_shard(details[SHARD]).select(fields) if SHARD in details else fields


def describe_images(
    images_dir: Path, labels: Path | None, sheet: Path | None, config: Config, context: Context
) -> StageReport:
    """Describe the fields of a folder, and tell of each that cannot be read; no work folder is needed."""
    from stages.images.paths import ImagesInputs, ImagesOutputs
    from stages.images.run import run as describe
    from stages.images.settings import ImagesSettings

    settings = config.settings("images", ImagesSettings)
    inputs = ImagesInputs(find_fields(images_dir, settings), labels)
    with nullcontext() if sheet is None else sole_file("images", sheet, ending=".png"):
        report = describe(inputs, ImagesOutputs(sheet), settings, context)
    for line in summarise_failures(report.failures, "--json"):
        log.error("images: %s", line)
    return report

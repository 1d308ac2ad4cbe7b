"""What the whole job does by itself where SubCell predicts: Kaggle's classes, and a file for scanpy."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from data.export.h5ad_file import import_h5py
from data.labels.label_set import read_label_set
from models.classifiers.descriptions import are_subcell, count_classifiers, know_classes
from pipeline.config.config import Config
from stages.combine.settings import CombineSettings
from stages.export.settings import ExportSettings
from stages.predict.settings import PredictSettings

KAGGLE = "hpa2021"
"""The classes of a Kaggle submission."""

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class Additions:
    """What the whole job does beside its usual stages.

    Attributes
    ----------
    label_set
        Label set of the submission where the settings name none; None for the predicted classes.
    export
        Whether the results are exported at the end.
    """

    label_set: str | None = None
    export: bool = False


def wants_export(models: Sequence[str | Path], asked: bool | None) -> bool:
    """Return whether the results are to be exported: as the user says, else where SubCell predicts."""
    return are_subcell(models) if asked is None else asked


def choose_additions(
    models: Sequence[str | Path], asked: bool | None, output: Path, config: Config
) -> Additions:
    """Choose what the whole job does beside its usual stages, and log it in one line.

    Parameters
    ----------
    models
        The classifiers that will predict, by folder or name; none where one is trained first.
    asked
        Whether the user wants an export; None where nothing was said.
    output
        The file that an export writes, for messages.
    config
        The configuration.

    Raises
    ------
    InputError
        An export is asked for, and the package that writes it is not installed.
    """
    export = wants_export(models, asked) and _can_export(asked, output, config)
    if not are_subcell(models):
        return Additions(export=export)
    kept = config.settings("combine", CombineSettings).label_set is not None
    has_31 = know_classes(models, read_label_set("subcell31").names)
    label_set = KAGGLE if has_31 and not kept else None
    parts = []
    if config.settings("predict", PredictSettings).embedding == "auto" and count_classifiers(models) == 1:
        parts.append("embeddings (predict.embedding)")
    if label_set is not None:
        parts.append(f"the submission in Kaggle's 19 classes (combine.label_set={label_set})")
    if export and asked is None:
        parts.append(f"at the end {output.name} (--no-export leaves it out)")
    if parts:
        log.info("SubCell predicts, so run writes %s", ", ".join(parts))
    return Additions(label_set, export)


def _can_export(asked: bool | None, output: Path, config: Config) -> bool:
    """Return whether the package is there that an export needs; an error where the user asked for one."""
    if config.settings("export", ExportSettings).format != "h5ad":
        return True
    try:
        import_h5py(output)
    except InputError as error:
        if asked:
            raise
        log.warning("run ends without an AnnData file: %s", error)
        return False
    return True

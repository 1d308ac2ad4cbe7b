"""Several trained classifiers that predict together: folds, architectures and tile sizes."""

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.calibration.calibration import Calibration
from data.errors import InputError
from data.labels.label_set import find_unshared
from data.software.differences import find_differences, name_differences
from data.text.toml_file import read_toml
from data.tiles.preparation import TileSettings
from models.classifiers.bundled import BUNDLED, find_classifier_folder
from models.classifiers.classifier import Architecture
from models.classifiers.ensemble.stored_calibration import read_calibration
from models.classifiers.fold_folders import UNFINISHED, list_folds
from models.classifiers.model_folder import DESCRIPTION, WEIGHTS, read_architecture, read_versions

DEFAULT_THRESHOLD = 0.5
"""From which probability on a class is called where the training named no other."""

log = logging.getLogger("hpacells")

_EXPECTED = (
    f"the folder of a trained classifier, with {WEIGHTS} and {DESCRIPTION}, or with fold-0, fold-1 ...; "
    f"or a bundled one: {', '.join(BUNDLED)}"
)


@dataclass(frozen=True)
class Member:
    """One trained classifier, not loaded yet.

    Attributes
    ----------
    folder
        Where it lies.
    architecture
        What it is.
    thresholds
        (classes,) from which probability on each class is called, as its training found; None where it named
        none.
    versions
        Library -> version, as it was trained with.
    calibration
        By which its probabilities are calibrated, as its training found; None where they stay as they are.
    """

    folder: Path
    architecture: Architecture
    thresholds: NDArray[np.float64] | None
    versions: Mapping[str, str] = field(default_factory=dict)
    calibration: Calibration | None = None


def find_classifiers(name: str | Path, channels: Collection[str] | None = None) -> list[Path]:
    """List the folders of the trained classifiers in a model folder: itself, or its folds in order.

    Parameters
    ----------
    name
        The folder, or the name of a bundled classifier or of SubCell.
    channels
        Channels of the tiles, where they are known; ``subcell`` is the network that fits them.

    Raises
    ------
    InputError
        There is no trained classifier, or both one and folds, or a training has not replaced all of them yet.
    """
    folder = find_classifier_folder(name, channels)
    if (folder / UNFINISHED).exists():
        raise InputError(
            found="classifiers of two trainings: one is at work, or was stopped while it wrote them",
            where=folder,
            expected="the classifiers of one training",
            advice="wait for it, or run `hpacells train` again",
        )
    folds = [path for path in list_folds(folder) if (path / DESCRIPTION).is_file()]
    is_one = any((folder / name).is_file() for name in (DESCRIPTION, WEIGHTS))
    if folds and (folder / DESCRIPTION).is_file() and (folder / WEIGHTS).is_file():
        raise InputError(
            found=f"both a classifier and {len(folds)} folds",
            where=folder,
            expected="one or the other",
            advice=f"give the folds one by one, such as {folds[0]}, or remove what is older",
        )
    if folds:
        return folds
    if is_one:
        return [folder]
    raise InputError(
        found="no trained classifier" if folder.is_dir() else "no such folder",
        where=folder,
        expected=_EXPECTED,
        advice="run `hpacells train` first, or give another folder",
    )


def read_members(folders: Sequence[Path]) -> list[Member]:
    """Read what all classifiers in some model folders are.

    Raises
    ------
    InputError
        A folder has no trained classifier, or one knows other classes than the first, or has a calibration
        that cannot be read.
    """
    members = []
    for path in (path for folder in folders for path in find_classifiers(folder)):
        architecture = read_architecture(path)
        thresholds = _read_thresholds(path, len(architecture.class_names))
        calibration = read_calibration(path, len(architecture.class_names))
        members.append(Member(path, architecture, thresholds, read_versions(path), calibration))
    for member in members:
        _check_classes(members[0], member)
    return members


def warn_of_versions(members: Sequence[Member]) -> None:
    """Warn, in one line for all, of classifiers that were trained with other versions of libraries."""
    found = {member.folder: name_differences(find_differences(member.versions)) for member in members}
    differing = {folder: difference for folder, difference in found.items() if difference}
    if not differing:
        return
    folder, difference = next(iter(differing.items()))
    more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
    log.warning(
        "%s%s: trained with %s; other versions change tiles a little differently in training "
        "(docs/versions.md); to predict as it was trained, install those versions, or train again",
        folder,
        more,
        difference,
    )


def warn_of_odd_ensemble(members: Sequence[Member]) -> None:
    """Warn of a classifier that is there twice, and of some that give one class a cell beside others.

    Neither is an error: who wants to weight one more may give it twice.
    """
    twice = [
        folder
        for folder, count in Counter(member.folder.resolve() for member in members).items()
        if count > 1
    ]
    if twice:
        log.warning(
            "%s is given more than once, and counts so often in the mean of %d classifiers; give each once "
            "unless that is meant",
            twice[0],
            len(members),
        )
    first = {member.architecture.mode: member.folder for member in reversed(members)}
    if len(first) > 1:
        log.warning(
            "%s gives one class a cell, %s any number: the mean of their probabilities adds up to no whole, "
            "and a class is called from the mean of their thresholds on",
            first["single-label"],
            first["multi-label"],
        )


def group_by_tiles(members: Sequence[Member]) -> dict[TileSettings, list[Member]]:
    """Put members together that take the same tiles, in the order of the first of each."""
    groups: dict[TileSettings, list[Member]] = {}
    for member in members:
        groups.setdefault(member.architecture.tiles, []).append(member)
    return groups


def mean_thresholds(members: Sequence[Member]) -> NDArray[np.float64] | None:
    """Average the members' thresholds, class by class; who named none counts as 0.5.

    Returns
    -------
    ndarray (classes,) or None
        None where no member named any and each gives one class a cell: the likeliest is called then.
    """
    named = [member.thresholds for member in members]
    single = all(member.architecture.mode == "single-label" for member in members)
    if single and all(thresholds is None for thresholds in named):
        return None
    default = np.full(len(members[0].architecture.class_names), DEFAULT_THRESHOLD)
    return np.mean([default if thresholds is None else thresholds for thresholds in named], axis=0)


def mean_image_share(members: Sequence[Member]) -> float:
    """Average the parts that the means of images have in what the members predict, 0..1."""
    return float(np.mean([member.architecture.image_weight for member in members]))


def _read_thresholds(folder: Path, classes: int) -> NDArray[np.float64] | None:
    path = folder / DESCRIPTION
    table = read_toml(path).get("thresholds")
    if table is None:
        return None
    values: object = table.get("values") if isinstance(table, dict) else table
    thresholds = _as_numbers(values)
    if (
        thresholds is None
        or thresholds.shape != (classes,)
        or not ((thresholds >= 0) & (thresholds <= 1)).all()
    ):
        raise InputError(
            found=f"thresholds.values = {str(values)[:80]}",
            where=path,
            expected=f"{classes} numbers of 0..1, one a class",
            advice="run `hpacells train` again",
        )
    return thresholds


def _as_numbers(values: object) -> NDArray[np.float64] | None:
    try:
        return np.asarray(values, np.float64)
    except (TypeError, ValueError):
        return None


def _check_classes(first: Member, other: Member) -> None:
    ours, theirs = first.architecture.class_names, other.architecture.class_names
    if ours == theirs:
        return
    differing = find_unshared(theirs, ours)
    raise InputError(
        found=f"{len(theirs)} classes" + (f", among them {differing}" if differing else " in another order"),
        where=other.folder,
        expected=f"the {len(ours)} classes of {first.folder}, in their order",
        advice="predict with classifiers of one label set at a time",
    )

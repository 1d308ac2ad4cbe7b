"""Classifiers with names: those that come with hpacells, how far they can be trusted, and SubCell's."""

from collections.abc import Collection
from importlib import resources
from pathlib import Path

from models.classifiers.backbones.subcell.choice import choose_subcell
from models.classifiers.backbones.subcell.names import parse_name
from models.classifiers.backbones.subcell.store import subcell_folder
from models.classifiers.fold_folders import list_folds

BUNDLED = {
    "simhpa19": "it learned from simulated cells only; of 413 real cells of five classes it was right for "
    "about seven in ten (docs/training.md), so check what matters by eye, or train on labels of your own",
}
"""Name -> limits, in a clause for messages and reports."""


def find_classifier_folder(name: str | Path, channels: Collection[str] | None = None) -> Path:
    """Return the folder of a classifier: of a bundled one or of SubCell, by its name, or any other.

    Parameters
    ----------
    name
        A name of `BUNDLED`, unless there is a classifier in a folder of that name, or a path; also that of
        the folder ``shipped`` of an earlier version. Also the name of a fetched SubCell network, or
        ``subcell`` for the one that fits the tiles.
    channels
        Channels of the tiles, where they are known.

    Raises
    ------
    InputError
        The weights of SubCell are not fetched, or none fits the tiles.
    """
    path = Path(name)
    # Any other folder may have the name by chance, such as one of images.
    if path.is_dir() and (path.name not in BUNDLED or any(path.glob("model.*")) or list_folds(path)):
        return path
    subcell = parse_name(str(name))
    if subcell is not None:
        return subcell_folder(choose_subcell(subcell, channels))
    if path.name not in BUNDLED:
        return path
    bundled = Path(str(resources.files("models").joinpath("classifiers", "bundled", path.name)))
    # Scripts may still have the folder in which an earlier version kept it.
    is_former = path.parent.name == "shipped" and path.parent.parent == bundled.parent.parent
    return bundled if str(name) in BUNDLED or is_former else path


def name_bundled(folder: Path) -> str | None:
    """Return the name of the bundled classifier that a folder is, or None."""
    return next((name for name in BUNDLED if find_classifier_folder(name) == folder), None)

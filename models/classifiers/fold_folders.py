"""The folders of folds: one classifier each, below a model folder."""

import re
from pathlib import Path

UNFINISHED = ".unfinished"
"""A file in a model folder while a training replaces what belongs together there, and after a kill."""


def fold_folder(model: Path, fold: int) -> Path:
    """Name the folder of a fold's classifier."""
    return model / f"fold-{fold}"


def list_folds(folder: Path) -> list[Path]:
    """List the folders ``fold-0``, ``fold-1`` ... of a model folder, in the order of their numbers."""
    found = folder.glob("fold-*") if folder.is_dir() else ()
    folds = [path for path in found if re.fullmatch(r"fold-\d+", path.name)]
    return sorted(folds, key=lambda path: int(path.name.removeprefix("fold-")))

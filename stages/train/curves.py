"""The curves of several trained classifiers in one picture."""

from collections.abc import Sequence
from pathlib import Path

from data.errors import InputError
from data.plots.training_curves import draw_together
from data.training.history import METRICS, read_history
from models.classifiers.fold_folders import list_folds


def draw_classifiers(models: Sequence[Path], output: Path) -> list[str]:
    """Draw the curves of trained classifiers together, as PNG.

    Parameters
    ----------
    models
        Folders of trained classifiers, of one or of its folds each.
    output
        The picture.

    Returns
    -------
    list of str
        The names of the lines: what distinguishes the folders' paths.

    Raises
    ------
    InputError
        A folder has no ``metrics.csv``, or one that cannot be read.
    """
    folders = list(dict.fromkeys(path.resolve() for model in models for path in _find_histories(model)))
    names = distinguish(folders)
    draw_together(
        output, {name: read_history(path / METRICS) for name, path in zip(names, folders, strict=True)}
    )
    return names


def distinguish(folders: Sequence[Path]) -> list[str]:
    """Name different folders by the parts of their paths that are not common to all."""
    parts = [folder.parts for folder in folders]
    shortest = min(map(len, parts))
    start = _count_common(parts, shortest - 1)
    end = _count_common([path[::-1] for path in parts], shortest - 1 - start)
    return ["/".join(path[start : len(path) - end]) for path in parts]


def _count_common(parts: Sequence[Sequence[str]], most: int) -> int:
    """Count the first parts that are common to all."""
    for count in range(most):
        if len({path[count] for path in parts}) > 1:
            return count
    return most


def _list_histories(model: Path) -> list[Path]:
    return [path for path in (model, *list_folds(model)) if (path / METRICS).is_file()]


def _list_below(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _find_histories(model: Path) -> list[Path]:
    """List the folders of the classifiers in a model folder: itself, or its folds in order."""
    folders = _list_histories(model)
    if not folders:
        below = [str(path) for path in _list_below(model) if _list_histories(path)]
        raise InputError(
            found=f"no {METRICS}" if model.is_dir() else "no such folder",
            where=model,
            expected=f"the folder of a trained classifier, with {METRICS}, or with fold-0, fold-1 ...",
            advice=f"give {' or '.join(below[:3])}"
            if below
            else "run `hpacells train` first, or give another folder",
        )
    return folders

"""What the first pages of all reports have: style sheet, training curves, and how many cells were kept."""

import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stages.pages.template import copy_style


def copy_beside(folder: Path, curves: Path | None) -> None:
    """Copy what a first page needs beside it into its folder: the style sheet, and any curves."""
    copy_style(folder)
    if curves is not None:
        shutil.copyfile(curves, folder / "curves.png")


def count_cells(dropped: Iterable[str]) -> dict[str, Any]:
    """Count ``cells``, those ``kept``, and those ``dropped`` by reason.

    Parameters
    ----------
    dropped
        Why each cell was left out; "" where it was not.
    """
    reasons = Counter(dropped)
    kept = reasons.pop("", 0)
    return {"cells": kept + reasons.total(), "kept": kept, "dropped": dict(reasons)}

"""Where the content of a report lies."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Sources:
    """Where the report's content lies; scores and curves are shown where they exist.

    ``full_scale`` is the setting of the crops stage, so that fields are shown as bright as their tiles.
    """

    images: Path
    masks: Path
    images_table: Path
    cells: Path
    tiles: Path
    predictions: Path
    curves: Path
    scores: dict[str, Any] | None
    full_scale: int | None = None

"""Figures of matplotlib as files, and names that fit into them."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from data.atomic import atomic_write


def write_figure(path: Path, figure: Figure) -> None:
    """Write a figure as PNG; nothing half-written is ever seen there."""
    with atomic_write(path) as temporary:
        FigureCanvasAgg(figure).print_png(str(temporary))


def shorten(name: str, longest: int) -> str:
    """Return a name, or where it has more than ``longest`` characters, its beginning and an ellipsis."""
    return name if len(name) <= longest else f"{name[: longest - 2]}…"

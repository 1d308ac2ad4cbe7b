"""The patches that excite neurons most as a picture: a row a neuron."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from data.features.patches import Box
from data.plots.composites import composite, protein_only
from data.plots.figure_file import shorten, write_figure

_SIDE = 0.95
"""Inches of one picture of a patch."""
_LONGEST_NAME = 26


@dataclass(frozen=True)
class Patch:
    """A patch that is shown.

    Attributes
    ----------
    tile
        (4, S, S) uint8, the whole tile, made bright for the eye.
    box
        The part that is shown.
    frame
        A part that is framed, or None.
    caption
        What stands above it.
    """

    tile: NDArray[np.uint8]
    box: Box
    frame: Box | None
    caption: str


def draw_patches(path: Path, rows: Sequence[tuple[str, Sequence[Patch]]]) -> None:
    """Draw rows of patches, each row with its title at the left, as PNG.

    Of each patch left the composite, right the protein alone.
    """
    columns = max(len(patches) for _, patches in rows)
    size = (1.1 + columns * (2 * _SIDE + 0.08), len(rows) * (_SIDE + 0.24))
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.02, wspace=0, hspace=0)  # type: ignore[union-attr]
    panels = figure.subplots(len(rows), columns, squeeze=False)
    for line, (title, patches) in zip(panels, rows, strict=True):
        for axes in line:
            axes.axis("off")
        for axes, patch in zip(line, patches, strict=False):
            _show(axes, patch)
        line[0].text(-0.04, 0.5, title, transform=line[0].transAxes, ha="right", va="center", fontsize=8)
    write_figure(path, figure)


def _show(axes: Axes, patch: Patch) -> None:
    y0, x0, y1, x1 = patch.box
    cut = np.ascontiguousarray(patch.tile[:, y0:y1, x0:x1])
    width = x1 - x0
    axes.imshow(np.hstack([composite(cut), protein_only(cut)]), interpolation="nearest")
    axes.axvline(width - 0.5, color="white", linewidth=1)
    axes.set_title(shorten(patch.caption, _LONGEST_NAME), fontsize=7, loc="left", pad=2)
    if patch.frame is None:
        return
    top, left, bottom, right = patch.frame
    for shift in (0, width):
        corner = left - x0 + shift - 0.5, top - y0 - 0.5
        axes.add_patch(
            Rectangle(corner, right - left, bottom - top, fill=False, edgecolor="white", linewidth=1)
        )

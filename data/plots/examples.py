"""Example images as pictures: each channel beside the composite, and one image a class."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data.channels import CHANNELS, STAINS
from data.fields.field import Field
from data.images.grey_levels import to_uint8
from data.plots.composites import composite, protein_only, shrink, stretch_contrast
from data.plots.figure_file import write_figure

_PIXELS_PER_INCH = 100
_LINE = 0.15
"""Inches of a line of a caption."""
_CHARACTER = 0.067
"""Inches of a character of a caption, on average."""


@dataclass(frozen=True)
class Example:
    """An image made ready to be shown.

    Attributes
    ----------
    image_id
        Its ID.
    image
        (4, H, W) uint8, R G B Y, shrunk, each channel stretched for the eye; a missing channel is black.
    missing
        Names of the channels that the image lacks.
    """

    image_id: str
    image: NDArray[np.uint8]
    missing: tuple[str, ...]


def read_example(field: Field, side: int) -> Example:
    """Read a field, shrink it to at most ``side`` px, and stretch each of its channels for the eye.

    Raises
    ------
    InputError
        A file of it cannot be read, or its channels differ in size.
    """
    present = [channel for channel in CHANNELS if channel in field.files]
    planes = stretch_contrast(to_uint8(field.read(present)))
    image = np.zeros((len(CHANNELS), *planes.shape[1:]), np.uint8)
    image[[CHANNELS.index(channel) for channel in present]] = planes
    shrunk = np.moveaxis(shrink(np.ascontiguousarray(np.moveaxis(image, 0, 2)), side), 2, 0)
    missing = tuple(channel for channel in CHANNELS if channel not in field.files)
    return Example(field.image_id, np.ascontiguousarray(shrunk), missing)


def draw_channels(path: Path, examples: Sequence[tuple[Example, str]], side: int) -> None:
    """Draw each example, with its caption, as a row: the composite, then every channel alone in grey; PNG.

    ``side`` is the width of a panel in px; a line of a caption that is wider is cut.
    """
    titles = ["R G B", *(f"{channel}: {STAINS[channel]}" for channel in CHANNELS)]
    figure = _make_figure(len(examples), len(titles), side / _PIXELS_PER_INCH)
    panels = figure.subplots(len(examples), len(titles), squeeze=False)
    for row, (example, caption) in zip(panels, examples, strict=True):
        _show(row[0], composite(example.image), caption, side)
        for axes, plane, channel, title in zip(row[1:], example.image, CHANNELS, titles[1:], strict=True):
            caption_text = f"no {channel}" if channel in example.missing else title
            _show(axes, np.repeat(plane[..., np.newaxis], 3, axis=2), caption_text, side)
    _write(path, figure)


def draw_one_a_class(path: Path, examples: Sequence[tuple[Example, str]], side: int) -> None:
    """Draw the examples, each with its caption, as a grid: left the composite, right the protein alone; PNG.

    ``side`` is the width of one picture in px.
    """
    columns = min(3, len(examples))
    rows = -(-len(examples) // columns)
    figure = _make_figure(rows, 2 * columns, side / _PIXELS_PER_INCH)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(examples) :]:
        axes.axis("off")
    for axes, (example, caption) in zip(panels, examples, strict=False):
        both = np.hstack([composite(example.image), protein_only(example.image)])
        _show(axes, both, caption, 2 * side)
    _write(path, figure)


def _make_figure(rows: int, columns: int, side: float) -> Figure:
    size = (columns * (side + 0.06), rows * (side + 2 * _LINE + 0.08))
    figure = Figure(figsize=size, dpi=_PIXELS_PER_INCH, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.02, wspace=0, hspace=0)  # type: ignore[union-attr]
    return figure


def _show(axes: Axes, picture: NDArray[np.uint8], title: str, width: int) -> None:
    axes.imshow(picture)
    most = int(width / _PIXELS_PER_INCH / _CHARACTER)
    lines = [line if len(line) <= most else f"{line[: most - 1]}…" for line in title.split("\n")]
    axes.set_title("\n".join(lines), fontsize=8, loc="left", pad=3)
    axes.axis("off")


def _write(path: Path, figure: Figure) -> None:
    write_figure(path, figure)

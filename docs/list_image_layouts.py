"""Writes the table of layouts in docs/images.md: each is written and read, and what happened is listed.

.venv/bin/python -m docs.list_image_layouts
"""

import tempfile
from pathlib import Path

import numpy as np

from data.errors import InputError
from data.images.image_file import read_plane
from data.images.plane_address import PlaneAddress
from tests.factories.images.layouts import LAYOUTS, Layout

PAGE = Path(__file__).with_name("images.md")
START, END = "<!-- table of layouts, made by docs/list_image_layouts.py -->", "<!-- end of the table -->"


def list_layouts(folder: Path) -> str:
    """Write and read every layout in a folder, and return the table in Markdown."""
    rows = [(layout.kind, layout.layout, what_happens(layout, folder)) for layout in LAYOUTS]
    lines = ["| format | layout | what happens |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def what_happens(layout: Layout, folder: Path) -> str:
    """Write and read one layout, and say what happens in the words of the table.

    Raises
    ------
    ValueError
        Something else was read than what was written.
    """
    path = folder / f"A1_red{layout.ending}"
    layout.write(path)
    try:
        plane = read_plane(path, "red", PlaneAddress(z=layout.z))
    except InputError as error:
        if layout.expected is not None:
            raise
        reason = str(error).removeprefix(f"{path}: ").split("; expected")[0]
        return f"refused: {reason}"
    if layout.expected is None or not np.array_equal(plane, layout.expected):
        message = f"{layout.kind}, {layout.layout}: read as {plane.dtype} up to {plane.max()}"
        raise ValueError(message)
    return f"read: {layout.note}" if layout.note else "read"


def main() -> None:
    """Put the table into its page."""
    before, _, rest = PAGE.read_text().partition(START)
    _, _, after = rest.partition(END)
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(f"{before}{START}\n\n{list_layouts(Path(folder))}\n\n{END}{after}")


if __name__ == "__main__":
    main()

"""The plots of the cells of a work folder, by the labels of their images."""

import numpy as np

from data.explore.cell_counts import CellCounts
from data.explore.label_table import LabelTable
from data.plots.bars import draw_named_bars, draw_number_bars
from stages.explore.label_plots import number_names
from stages.pages.findings import Findings, Plot


def plot_cells(table: LabelTable, counts: CellCounts, findings: Findings) -> None:
    """Plot the cells of each image and of each class; nothing but a note where no image has labels."""
    images, cells = len(counts.per_image), counts.total
    if not images:
        findings.notes.append("The cells of the work folder are of other images than the labels.")
        return
    dropped = int(counts.per_image["dropped"].sum())
    path = findings.folder / "cells_per_image.png"
    numbers = np.bincount(counts.per_image["cells"])
    draw_number_bars(
        path,
        dict(enumerate(numbers.tolist())),
        title=f"cells per image, {images:,} images",
        of="cells",
        unit="images",
    )
    csv = findings.write_table("cells_per_image.csv", counts.per_image)
    caption = f"On average {cells / images:.1f}; {dropped:,} more cells were left out by the crops stage."
    findings.plots.append(Plot("Cells per image", path.name, caption, csv))
    path = findings.folder / "cells_per_class.png"
    alone = counts.per_class["single_label_cells"].to_numpy()
    parts = {"this label alone": alone, "with other labels": counts.per_class["cells"].to_numpy() - alone}
    draw_named_bars(
        path, number_names(table), parts, title=f"cells of each class, of {cells:,}", unit="cells"
    )
    csv = findings.write_table("cells_per_class.csv", counts.per_class)
    caption = "A cell counts for each label of its image, whether it shows the pattern or not."
    findings.plots.append(Plot("Cells per class", path.name, caption, csv))
    findings.facts["cells"] = f"{cells:,} in {images:,} labelled images; {dropped:,} more left out"
    findings.details["cells"] = {
        "images": images,
        "cells": cells,
        "dropped": dropped,
        "classes": counts.per_class.to_dict("records"),
    }

"""The plot of the patches that excite the channels of a feature map most."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.features.mutual_information import find_exciting_classes, measure_information
from data.features.patches import MapGrid, choose_neurons, find_most_exciting
from data.fields.fewer_channels.absent_channels import insert_absent
from data.plots.composites import describe_composite, stretch_contrast
from data.plots.patches import Patch, draw_patches
from data.tiles.tile_store import TileStore
from models.classifiers.explanations.activations import Peaks
from stages.features.cell_sample import CellSample
from stages.pages.findings import Findings, Plot


def plot_patches(
    store: TileStore,
    sample: CellSample,
    peaks: Peaks,
    grid: MapGrid,
    findings: Findings,
    *,
    map_name: str,
    neurons: int,
    patches: int,
    seed: int,
) -> None:
    """Plot the patches of some channels: those whose peak tells most of the class, or else varies most.

    Parameters
    ----------
    store
        The tiles of the sample.
    peaks, grid
        Of the feature map, and where its places lie.
    map_name
        Which map that is, for people.
    neurons, patches
        How many channels, and patches of each.
    seed
        Of the mutual information.
    """
    information = measure_information(peaks.values, sample.classes, seed)
    exciting = find_exciting_classes(peaks.values, sample.classes)
    rows, table = [], []
    for neuron in choose_neurons(information, peaks.values, neurons).tolist():
        cells = find_most_exciting(peaks.values, peaks.means, neuron, patches)
        information_text = "" if information is None else f"\n{information[neuron]:.2f} nat"
        shown = _cut(store, sample, peaks, grid, neuron, cells.tolist())
        rows.append((f"channel\n{neuron}{information_text}", shown))
        for rank, cell in enumerate(cells.tolist(), start=1):
            box = grid.place_box(int(peaks.places[cell, neuron]))
            row = {"channel": neuron, "rank": rank}
            row |= {name: sample.table[name].iloc[cell] for name in ("image_id", "cell_id")}
            row |= {"class": sample.classes[cell], "activation": peaks.values[cell, neuron]}
            row |= box._asdict()
            if information is not None:
                row["mutual_information"] = information[neuron]
            table.append(row | {"most_excited_by": exciting[neuron]})
    path = findings.folder / "patches.png"
    draw_patches(path, rows)
    csv = findings.write_table("patches.csv", pd.DataFrame(table))
    colours = describe_composite(store.channels)
    findings.plots.append(
        Plot(
            "Patches that excite a channel most",
            path.name,
            _explain(grid, map_name, information, colours),
            csv,
        )
    )


def _cut(
    store: TileStore, sample: CellSample, peaks: Peaks, grid: MapGrid, neuron: int, cells: Sequence[int]
) -> list[Patch]:
    patches = []
    tiles = insert_absent(store.read(sample.rows[list(cells)]), store.channels)
    for cell, tile in zip(cells, tiles, strict=True):
        place = int(peaks.places[cell, neuron])
        caption = f"{peaks.values[cell, neuron]:.3g}  {sample.names[sample.classes[cell]]}"
        patches.append(Patch(stretch_contrast(tile), grid.field_box(place), grid.place_box(place), caption))
    return patches


def _explain(grid: MapGrid, map_name: str, information: NDArray[np.floating] | None, colours: str) -> str:
    chosen = (
        "The channels are those whose strongest activation in a cell tells most of the class (in nat, at the "
        "left)."
        if information is not None
        else "The channels are those whose strongest activation varies most between cells."
    )
    y0, x0, y1, x1 = grid.place_box(0)
    shown = (
        "Shown is the whole tile, as the receptive field is as large or larger"
        if grid.whole
        else f"Shown is the receptive field, {grid.field_px:.0f} px of the network's {grid.tiles.side} px, "
        "cut off at the border of the tile"
    )
    return (
        f"A row is a channel of {map_name}, with the cells in which it is most active, the strongest first; "
        f"one patch a cell. {shown}; the frame is the place of the map ({grid.height} x {grid.width} places, "
        f"each {y1 - y0} x {x1 - x0} px of the tile's {grid.stored_px}) that is most active. Left {colours}, "
        "right the protein alone, each channel of each tile stretched for "
        f"the eye. Above: the activation, and the class of the cell; of the same "
        f"activation the higher mean of the map comes first. {chosen}"
    )

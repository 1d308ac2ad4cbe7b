"""The plots of a classifier's embedding: in a plane, against measured features, and against the class."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.features.mutual_information import find_exciting_classes, measure_entropy, measure_information
from data.features.neuron_correlation import choose_strongest, correlate, find_strongest
from data.features.projection import Method, project
from data.plots.bars import draw_named_bars
from data.plots.matrix import draw_cross_correlation
from data.plots.scatter import draw_scatter
from stages.features.cell_sample import CellSample
from stages.pages.findings import Findings, Plot

_METHODS: dict[Method, tuple[str, str]] = {
    "t-sne": ("t-SNE", "Distances within a group say more than those between groups."),
    "pca": ("PCA", "The first two principal components."),
}


def plot_plane(
    sample: CellSample, embedding: NDArray[np.float32], method: Method, seed: int, findings: Findings
) -> None:
    """Plot the cells in two dimensions, by their embedding."""
    name, hint = _METHODS[method]
    points = project(embedding, method, seed)
    path = findings.folder / "embedding.png"
    title = f"{name} of the embedding ({embedding.shape[1]} neurons) of {len(points):,} cells"
    draw_scatter(path, points, sample.classes, sample.names, title=title, axis=name)
    table = sample.table[["image_id", "cell_id"]].assign(
        **{"class": sample.classes, "name": [sample.names[label] for label in sample.classes]},
        x=points[:, 0],
        y=points[:, 1],
    )
    csv = findings.write_table("embedding.csv", table)
    caption = f"A point is a cell, its colour its class: {sample.source}. {hint}"
    findings.plots.append(Plot("Embedding in a plane", path.name, caption, csv))


def plot_correlation(
    sample: CellSample,
    embedding: NDArray[np.float32],
    measured: pd.DataFrame,
    most: int,
    findings: Findings,
) -> NDArray[np.float64]:
    """Plot the strongest correlations of neurons with measured features; give all, (E, M)."""
    coefficients = correlate(embedding, measured.to_numpy(float))
    names = measured.columns.to_numpy(str)
    neurons, features = choose_strongest(coefficients, most, most)
    path = findings.folder / "correlation.png"
    draw_cross_correlation(
        path,
        coefficients[np.ix_(neurons, features)].T,
        names[features].tolist(),
        [f"neuron {neuron}" for neuron in neurons],
        title=f"Pearson's correlation over {len(embedding):,} cells: neurons and measured features",
    )
    table = pd.DataFrame(coefficients, columns=names, index=pd.RangeIndex(len(coefficients), name="neuron"))
    csv = findings.write_table("correlation.csv", table, index=True)
    cells = sample.table[["image_id", "cell_id"]].reset_index(drop=True)
    more = findings.write_table("measured.csv", pd.concat([cells, measured], axis=1))
    caption = (
        f"Shown are the {len(neurons)} neurons and {len(features)} features with the strongest coefficients, "
        f"of {len(coefficients)} and {len(names)}. Features in the manner of CellProfiler, measured in the "
        "cell's mask: areas in px of the field, intensities in 0..1, texture at a distance of 3 px of the "
        "tile, the protein's zones from the middle of the nucleus to the border of the cell."
    )
    findings.plots.append(Plot("Correlation with measured features", path.name, caption, csv, (more,)))
    return coefficients


def plot_information(
    sample: CellSample,
    embedding: NDArray[np.float32],
    correlation: NDArray[np.float64],
    features: list[str],
    most: int,
    seed: int,
    findings: Findings,
) -> None:
    """Plot the neurons that tell most of the class, and write what is known of all."""
    information = measure_information(embedding, sample.classes, seed)
    if information is None:
        findings.notes.append(
            "Not shown: mutual information with the class. It needs two classes with two cells each."
        )
        return
    exciting = find_exciting_classes(embedding, sample.classes)
    strongest = find_strongest(correlation)
    table = pd.DataFrame(
        {
            "neuron": np.arange(len(information)),
            "mutual_information": information,
            "most_excited_by": exciting,
            "strongest_feature": [features[place] if place >= 0 else "" for place in strongest],
            "correlation": correlation[np.arange(len(strongest)), strongest],
        }
    ).sort_values("mutual_information", ascending=False, kind="stable")
    csv = findings.write_table("neurons.csv", table)
    shown = table.head(most)
    path = findings.folder / "information.png"
    draw_named_bars(
        path,
        [
            f"neuron {neuron}  {sample.names[label]}"
            for neuron, label in zip(shown["neuron"], shown["most_excited_by"], strict=True)
        ],
        {"mutual information": shown["mutual_information"].to_numpy()},
        title=f"mutual information with the class, {len(shown)} of {len(table)} neurons",
        unit="nat",
        written=".2f",
    )
    entropy = measure_entropy(sample.classes)
    caption = (
        f"Estimated by nearest neighbours (Ross 2014); the most there could be is the classes' entropy, "
        f"{entropy:.2f} nat. Beside a neuron the class of its highest mean."
    )
    findings.plots.append(Plot("Mutual information with the class", path.name, caption, csv))
    findings.details["mutual_information"] = information.tolist()
    findings.details["entropy"] = entropy

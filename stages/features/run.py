"""Features: what the neurons of a classifier respond to, as pictures, tables and a page."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.atomic import atomic_folder
from data.errors import InputError
from data.features.cell_profile.cell_profile import Block, measure_block
from data.features.patches import MapGrid, Reach
from data.tiles.batch_loader import BatchLoader
from data.tiles.tile_store import TileStore
from models.classifiers.classifier import Classifier
from models.classifiers.ensemble.fewer_channels import adapt_members, restrict_classifier
from models.classifiers.ensemble.members import find_classifiers, read_members
from models.classifiers.ensemble.tile_preset import fit_members
from models.classifiers.explanations.activations import Peaks, check_layer, measure_activations
from models.classifiers.explanations.receptive_field import find_receptive_field
from models.classifiers.model_folder import read_classifier
from models.device import choose_device
from stages.features.cell_sample import CellSample, choose_sample
from stages.features.embedding_plots import plot_correlation, plot_information, plot_plane
from stages.features.patch_plot import plot_patches
from stages.features.paths import FeaturesInputs, FeaturesOutputs
from stages.features.settings import FeaturesSettings
from stages.pages.findings import Findings, write_findings
from stages.stage import Context, StageReport

_BLOCK = 32


def run(
    inputs: FeaturesInputs, outputs: FeaturesOutputs, settings: FeaturesSettings, context: Context
) -> StageReport:
    """Write ``index.html`` with its pictures (PNG) and their figures (CSV), and a ``summary.json``.

    Elnashar and Abd El Azim (2022, section 4.1.1): patches that excite a neuron most, the cells in a plane,
    each neuron's correlation with measured features and its mutual information with the class. The neurons
    of the patches are the channels of a feature map, those of the rest the embedding, which the classes are
    read from.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, there is no such layer, or too few cells have a class.
    """
    folders = find_classifiers(inputs.model_dir)
    store = TileStore(inputs.tiles_path)
    fitted = fit_members(read_members(folders[:1]), store, inputs.tiles_path)
    member = adapt_members(fitted, store.channels)[0]
    folders[0] = member.folder
    classifier = restrict_classifier(read_classifier(member.folder), member.architecture)
    check_layer(classifier, settings.layer)
    sample = choose_sample(inputs, classifier.architecture.class_names, settings.cells, settings.seed)
    with atomic_folder(outputs.features_dir, replace=True) as folder:
        findings = Findings(folder)
        _tell(sample, classifier, folders, findings)
        reach = _find_reach(classifier, settings.layer, findings)
        layer = None if reach is None else settings.layer
        loader = BatchLoader(store, sample.rows, classifier.architecture.tiles, workers=settings.workers)
        with context.track("features", len(loader)) as advance:
            activations = measure_activations(
                classifier,
                loader,
                layer,
                device=choose_device(settings.device),
                batch_size=settings.batch_size,
                advance=advance,
            )
        if reach is not None and activations.peaks is not None:
            _plot_patches(store, sample, activations.peaks, classifier, reach, settings, findings)
        measured = _measure(inputs.tiles_path, sample, context)
        _plot_embedding(sample, activations.embedding, measured, settings, findings)
        findings.details |= {"facts": findings.facts, "notes": findings.notes}
        (folder / "summary.json").write_text(json.dumps(findings.details, indent=1) + "\n")
        write_findings(findings, f"What the neurons of {folders[0].name} respond to")
    counts: dict[str, int | float] = {"cells": len(sample.rows), "plots": len(findings.plots)}
    return StageReport(counts=counts, details=findings.details)


def format_features(details: dict[str, Any]) -> str:
    """Lay out what was found as text, a line each."""
    width = max(len(name) for name in details["facts"])
    lines = [f"{name:<{width}}  {fact}" for name, fact in details["facts"].items()]
    return "\n".join([*lines, *details["notes"]])


def _tell(sample: CellSample, classifier: Classifier, folders: Sequence[Path], findings: Findings) -> None:
    architecture = classifier.architecture
    tiles = architecture.tiles
    fold = f", the first of {len(folders)} folds" if len(folders) > 1 else ""
    findings.facts["classifier"] = f"{architecture.backbone.name} in {folders[0]}{fold}"
    findings.facts["sees"] = f"{', '.join(tiles.channels)}, {tiles.side} px"
    findings.facts["class of a cell"] = sample.source
    drawn, available = len(sample.rows), sample.available
    how = "all with a class" if drawn == available else f"drawn evenly over the classes of {available:,}"
    without = f"; without a class: {sample.left_out:,}" if sample.left_out else ""
    findings.facts["cells"] = f"{drawn:,}, {how}{without}"
    counts = sample.count_classes()
    findings.facts["classes"] = ", ".join(f"{name} ({count:,})" for name, count in counts.items())
    findings.details |= {"classifier": str(folders[0]), "folds": len(folders), "cells": counts}


def _find_reach(classifier: Classifier, layer: int, findings: Findings) -> Reach | None:
    """Find the receptive field of the feature map; None, and a note, where the network has no map."""
    architecture = classifier.architecture
    side, name = architecture.tiles.side, architecture.backbone.name
    try:
        field = find_receptive_field(classifier.backbone, len(architecture.tiles.channels), side, layer)
    except InputError:
        findings.notes.append(f"Not shown: patches that excite a neuron most. {name} has no feature map.")
        return None
    size = sum(field)
    extent = f"{size:.0f} px" if size < side else "the whole tile or more"
    findings.facts["receptive field"] = f"{extent}, of {_name_map(name, layer)}"
    findings.details["receptive_field"] = size if size < side else None
    return Reach(*field)


def _plot_patches(
    store: TileStore,
    sample: CellSample,
    peaks: Peaks,
    classifier: Classifier,
    reach: Reach,
    settings: FeaturesSettings,
    findings: Findings,
) -> None:
    architecture = classifier.architecture
    plot_patches(
        store,
        sample,
        peaks,
        MapGrid(peaks.height, peaks.width, reach, architecture.tiles, store.size),
        findings,
        map_name=_name_map(architecture.backbone.name, settings.layer),
        neurons=settings.neurons,
        patches=settings.patches,
        seed=settings.seed,
    )


def _plot_embedding(
    sample: CellSample,
    embedding: NDArray[np.float32],
    measured: pd.DataFrame,
    settings: FeaturesSettings,
    findings: Findings,
) -> None:
    plot_plane(sample, embedding, settings.method, settings.seed, findings)
    correlation = plot_correlation(sample, embedding, measured, settings.most, findings)
    names = measured.columns.tolist()
    plot_information(sample, embedding, correlation, names, settings.most, settings.seed, findings)


def _measure(tiles_path: Path, sample: CellSample, context: Context) -> pd.DataFrame:
    """Measure the cells in several processes; one row per cell of the sample."""
    areas = sample.table[["area_px", "nucleus_area_px"]].to_numpy(float)
    blocks = [
        Block(tiles_path, sample.rows[start : start + _BLOCK], areas[start : start + _BLOCK])
        for start in range(0, len(areas), _BLOCK)
    ]
    tables = []
    work = context.map(
        measure_block, blocks, description="measure", total=len(blocks), processes=len(blocks) > 1
    )
    for _, table in work:
        if isinstance(table, Exception):
            raise table
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _name_map(backbone: str, layer: int) -> str:
    return (
        f"the feature map after stage {layer} of {backbone}"
        if layer
        else f"the last feature map of {backbone}"
    )

"""Embeddings by gene, as cellmaps_image_embedding writes them and cellmaps_pipeline goes on with them."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError
from data.export.grouped_rows import GroupedRows, GroupPlaces
from data.fields.images_table import read_images
from data.labels.label_file import read_proteins
from data.labels.stained_images import ANTIBODIES
from data.predictions.stored_predictions import StoredPredictions
from data.tables.csv_file import write_csv_parts
from stages.export.cell_tables.summarised_cells import Membership, find_membership
from stages.export.cells.cell_parts import ExportedCells, add_numbers, open_cells
from stages.export.image_annotations import read_image_annotations
from stages.export.paths import ExportInputs
from stages.export.settings import ExportSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")

_SYMBOLS = ("gene", "gene_name", "gene_names")
_ENSEMBL = ("ensembl_ids", "ensembl_id", "ensembl")
_FLOATS = "%.8g"
_EMBEDDINGS = {"mean": "image_emd.tsv", "median": "image_emd_median.tsv", "sd": "image_emd_sd.tsv"}
_PROBABILITY = "probability"
_GENES_AT_A_TIME = 1024
_NO_URL = "no image url found"
"""What cellmaps_imagedownloader writes."""


@dataclass(frozen=True)
class _Genes:
    """Which genes there are, and what is known of them.

    Attributes
    ----------
    membership
        The cells by image and by gene.
    attributes
        One row per gene, the columns of cellmaps_imagedownloader.
    """

    membership: Membership
    attributes: pd.DataFrame


def write_cellmaps(
    inputs: ExportInputs, path: Path, settings: ExportSettings, context: Context
) -> StageReport:
    """Write one row per gene: mean, median and standard deviation of the embeddings of its cells.

    Raises
    ------
    InputError
        No gene is known; or as `run` says.
    """
    if inputs.labels_path is None:
        raise _lack_genes(inputs)
    predictions = StoredPredictions(inputs.predictions_path)
    cells = open_cells(inputs, predictions, unpredicted=False)
    images = read_images(inputs.images_table_path)
    known = read_image_annotations(inputs, images["image_id"], predictions.class_names, settings.label_set)
    names = _name_genes(known, read_proteins(inputs.labels_path))
    membership = find_membership(cells, images["image_id"], names)
    if not membership.proteins:
        raise _lack_genes(inputs)
    genes = _Genes(membership, _describe_genes(membership, known))
    if not predictions.width:
        log.warning(
            "export: the numbers are the probabilities, as the predictions have no embeddings "
            "(predict.embedding)"
        )
    unknown = int((membership.of_images < 0).sum())
    if unknown:
        log.warning("export: the gene of %d images is not known; their cells are left out", unknown)
    path.mkdir(parents=True, exist_ok=True)
    written = _write_numbers(path, predictions, cells, genes, context)
    return StageReport(
        counts={"genes": int((written["cells"] > 0).sum()), "cells": int(written["cells"].sum())},
        details={"format": "cellmaps", "numbers": "embedding" if predictions.width else "probabilities"},
    )


def _name_genes(known: pd.DataFrame, proteins: Mapping[str, str]) -> dict[str, str]:
    """Return the name of each image's gene: its symbol, or else what the label file knows the protein by."""
    names: dict[str, str] = {}
    for image in known.index:
        symbols = (str(known.at[image, column]) for column in _SYMBOLS if column in known)
        # cellmaps has one name in a row, the others of an antibody that binds several are beside it.
        first = next((_split(text)[0] for text in symbols if _split(text)), "")
        found = first or proteins.get(image, "") or _first_known(known, image)
        if found:
            names[image] = found
    return names


def _first_known(known: pd.DataFrame, image: str) -> str:
    texts = (str(known.at[image, column]) for column in (*_ENSEMBL, *ANTIBODIES) if column in known)
    return next((text for text in texts if text), "")


def _split(text: str) -> list[str]:
    parts = text.replace(";", ",").replace("|", ",").split(",")
    return [part.strip() for part in parts if part.strip()]


def _describe_genes(membership: Membership, known: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of cellmaps_imagedownloader's table."""
    described = known.reindex(list(membership.images)).fillna("")
    rows = []
    for number, name in enumerate(membership.proteins):
        images = np.flatnonzero(membership.of_images == number)
        ours = described.iloc[images]
        symbols, ensembl = _collect(ours, _SYMBOLS), _collect(ours, _ENSEMBL)
        rows.append(
            {
                "name": name,
                "represents": ",".join(
                    sorted(ensembl or [symbol for symbol in symbols if symbol.startswith("ENSG")])
                ),
                "ambiguous": ",".join(sorted(symbols)) if len(symbols) > 1 else "",
                "antibody": ",".join(_collect(ours, ANTIBODIES)),
                "filename": ",".join(f"{membership.images[image]}_" for image in images),
                "imageurl": _NO_URL,
            }
        )
    return pd.DataFrame(rows)


def _collect(images: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return all names in some columns, each once."""
    texts = (text for column in columns if column in images for text in images[column])
    return list(dict.fromkeys(part for text in texts for part in _split(text)))


def _write_numbers(
    path: Path, predictions: StoredPredictions, cells: ExportedCells, genes: _Genes, context: Context
) -> pd.DataFrame:
    """Write all files; return the table of the genes' cells."""
    membership = genes.membership
    sizes = membership.count_by_protein()
    places = GroupPlaces(sizes)
    width, classes = predictions.width or len(predictions.class_names), len(predictions.class_names)
    with (
        GroupedRows(path, width) as embeddings,
        GroupedRows(path, classes) as probabilities,
        context.track("export", predictions.rows + len(sizes)) as advance,
    ):
        for part, numbers in add_numbers(cells.read_predicted(), predictions):
            where = places.assign(membership.number_proteins(part.table))
            found = numbers.probabilities if numbers.embedding is None else numbers.embedding
            embeddings.write(where, found)
            probabilities.write(where, numbers.probabilities)
            advance(len(where))
        counts = np.zeros(len(sizes), np.int64)
        bounds = list(zip(places.starts.tolist(), places.stops.tolist(), strict=True))
        with ExitStack() as files:
            append = {
                name: files.enter_context(write_csv_parts(path / file, float_format=_FLOATS, separator="\t"))
                for name, file in (_EMBEDDINGS | {_PROBABILITY: "labels_prob.tsv"}).items()
            }
            for start in range(0, len(bounds), _GENES_AT_A_TIME):
                names = genes.membership.proteins[start : start + _GENES_AT_A_TIME]
                measured = [embeddings.measure(*each) for each in bounds[start : start + _GENES_AT_A_TIME]]
                has = np.array([count for count, _ in measured])
                counts[start : start + len(has)] = has
                ids = pd.Series(names, dtype=object)[has > 0].reset_index(drop=True)
                for place, name in enumerate(_EMBEDDINGS):
                    numbers = np.array([found[place] for _, found in measured])[has > 0]
                    append[name](_arrange("id", ids, numbers, [str(number) for number in range(width)]))
                found = [probabilities.measure(*each)[1][0] for each in bounds[start : start + len(has)]]
                append[_PROBABILITY](_arrange("", ids, np.array(found)[has > 0], predictions.class_names))
                advance(len(has))
    return _write_genes(path, genes, counts)


def _arrange(key: str, ids: pd.Series, numbers: NDArray[np.float64], columns: Sequence[str]) -> pd.DataFrame:
    return pd.concat([ids.rename(key), pd.DataFrame(numbers, columns=list(columns))], axis=1)


def _write_genes(path: Path, genes: _Genes, counts: NDArray[np.int64]) -> pd.DataFrame:
    """Write what is known of the genes that have cells, and how many images and cells they have."""
    of_images = genes.membership.of_images
    images = np.bincount(of_images[of_images >= 0], minlength=len(counts))
    table = pd.DataFrame({"name": genes.attributes["name"], "images": images, "cells": counts})
    files = {
        "1_image_gene_node_attributes.tsv": genes.attributes[counts > 0],
        "image_gene_cells.tsv": table[counts > 0],
    }
    for name, content in files.items():
        with write_csv_parts(path / name, separator="\t") as append:
            append(content)
    without = int((counts == 0).sum())
    if without:
        log.warning("export: %d genes have no cell that counts, and no row", without)
    return table


def _lack_genes(inputs: ExportInputs) -> InputError:
    found = "no label file" if inputs.labels_path is None else "no gene, protein or antibody of any image"
    return InputError(
        found=found,
        where=inputs.labels_path or inputs.predictions_path,
        expected="the gene that each image shows, since cellmaps has one row per gene",
        advice="give --labels a label file with a column Gene, or Protein or Antibody",
    )

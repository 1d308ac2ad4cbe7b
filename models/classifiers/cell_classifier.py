"""Trained classifiers that classify the cells of a field in memory."""

from collections.abc import Sequence
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError
from data.predictions.prediction_blocks import BlocksInMemory
from data.predictions.predictions_table import tabulate_predictions
from data.software.opencv import check_opencv
from data.tiles.field_tiles import FieldTiles
from data.tiles.preparation import TileSettings
from data.tiles.tile_presets import FIELD, PresetName
from models.classifiers.bundled import find_classifier_folder
from models.classifiers.ensemble.fewer_channels import adapt_members
from models.classifiers.ensemble.members import Member, read_members, warn_of_versions
from models.classifiers.ensemble.prediction import PredictionOptions, open_runtime, predict_cells
from models.classifiers.ensemble.tile_preset import fit_members
from models.classifiers.runtimes.batch_runtime import BatchRuntime
from models.runtimes.names import AUTO, resolve_runtime


class CellClassifier:
    """Classifies cells with one trained classifier or the mean of several; call it from one thread.

    Parameters
    ----------
    members
        The classifiers.
    runtime
        As for `load_classifier`.

    Examples
    --------
    >>> import hpacells as hpa
    >>> classifier = hpa.load_classifier("simhpa19")
    >>> len(classifier.class_names), classifier.class_names[0]
    (19, 'Nucleoplasm')
    """

    def __init__(self, members: Sequence[Member], runtime: str = AUTO) -> None:
        self._members = list(members)
        # A wrong name is reported now, not with the first tiles.
        resolve_runtime(runtime)
        self._runtime = runtime
        self._batch_runtimes: dict[tuple[Path, TileSettings], BatchRuntime] = {}

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes: the column ``p_0`` is the probability of the first."""
        return self._members[0].architecture.class_names

    @property
    def tile_preset(self) -> PresetName:
        """Preset of the tiles that it takes, for `crop_cells`."""
        preset = self._members[0].architecture.tiles.preset
        assert preset != FIELD  # noqa: S101 # nosec B101 # no such classifier is loaded
        return preset

    def classify(
        self,
        tiles: FieldTiles,
        *,
        test_time_augmentation: bool | Literal["auto"] = "auto",
        image_weight: float | Literal["auto"] = "auto",
        embedding: bool = False,
        dropped: bool = False,
        batch_size: int = 128,
    ) -> pd.DataFrame:
        """Predict the patterns of the cells of a field, as ``hpacells predict`` does.

        Parameters
        ----------
        tiles
            What ``crop_cells`` returned.
        test_time_augmentation
            Whether to average over the eight symmetries of the square; auto: as each classifier was trained
            to.
        image_weight
            Part, 0..1, that the mean over the field's cells has in each cell's probabilities, dropped cells
            not counted; auto: as the classifiers were trained to.
        embedding
            Whether to add the column ``embedding``; with a single classifier.
        dropped
            Whether to predict the cells that are marked as dropped, too.
        batch_size
            Tiles at a time.

        Returns
        -------
        DataFrame
            One row per cell: ``image_id``, ``cell_id`` (int32), ``p_0``, ``p_1`` ... (float32) and
            ``labels``, the numbers of the called classes joined by ``|``. The columns are those of
            ``predictions.parquet``.

        Raises
        ------
        InputError
            Embeddings of several classifiers are asked for, memory is too small for one tile, or the tiles
            lack a channel without which a classifier was never trained.
        """
        if embedding and len(self._members) > 1:
            raise InputError(
                found=f"embeddings of {len(self._members)} classifiers",
                where="classify",
                expected="a single classifier: embeddings of several have nothing in common",
                advice="load one of them, or leave the embeddings out",
            )
        kept = np.ones(len(tiles), bool) if dropped else (tiles.table["dropped"] == "").to_numpy(bool)
        rows = np.flatnonzero(kept)
        options = PredictionOptions(
            batch_size=batch_size,
            symmetries=None if test_time_augmentation == "auto" else test_time_augmentation,
            image_weight=None if image_weight == "auto" else image_weight,
            embedding=embedding,
        )
        members = fit_members(self._members, tiles, "tiles of a field")
        members = adapt_members(members, tiles.channels)
        blocks = BlocksInMemory()
        opened = partial(self._open, tiles=tiles, rows=rows)
        prediction = predict_cells(members, tiles, tiles.table, rows, opened, options, blocks)
        chosen = tiles.table.iloc[rows]
        embeddings = [block.embedding for block in blocks.read(0)] if embedding else []
        return tabulate_predictions(
            chosen["image_id"].tolist(),
            chosen["cell_id"].to_numpy(),
            prediction.probabilities,
            np.concatenate(embeddings) if embeddings else None,
            prediction.labels,
        )

    def _open(self, member: Member, tiles: FieldTiles, rows: NDArray[np.integer]) -> BatchRuntime:
        # Kept from field to field.
        key = member.folder, member.architecture.tiles
        if key not in self._batch_runtimes:
            self._batch_runtimes[key] = open_runtime(member, self._runtime, tiles, rows)
        return self._batch_runtimes[key]


def load_classifier(
    name_or_folder: str | PathLike[str], *others: str | PathLike[str], runtime: str = AUTO
) -> CellClassifier:
    """Load a trained classifier; its network is loaded with the first tiles.

    Parameters
    ----------
    name_or_folder
        ``"simhpa19"``, which comes with hpacells, or a folder that ``hpacells train`` wrote: of a classifier,
        or of the folds of one.
    others
        More classifiers of the same classes; the probabilities of all are averaged.
    runtime
        What runs the networks: auto (the fastest that is present), torch, torch-bfloat16, cuda, openvino,
        openvino-bfloat16, or openvino-int8, which is calibrated on the first field.

    Raises
    ------
    InputError
        There is no such classifier or runtime, one is of whole fields, or the classifiers have different
        classes.

    Examples
    --------
    >>> import hpacells as hpa
    >>> simulated = hpa.simulate_field(seed=5, size=400)
    >>> tiles = hpa.crop_cells(simulated.image, simulated, image_id="A1")
    >>> table = hpa.load_classifier("simhpa19").classify(tiles)
    >>> table.columns[:4].tolist(), table.columns[-2:].tolist()
    (['image_id', 'cell_id', 'p_0', 'p_1'], ['p_18', 'labels'])
    """
    check_opencv()
    members = read_members([find_classifier_folder(fspath(model)) for model in (name_or_folder, *others)])
    for member in members:
        if member.architecture.tiles.preset == FIELD:
            raise InputError(
                found="a classifier of whole fields",
                where=member.folder,
                expected="a classifier of cells",
                advice="predict fields with `hpacells predict --model`",
            )
    warn_of_versions(members)
    return CellClassifier(members, runtime)

"""The features of a backbone that does not learn: computed once, kept in the work folder, and used again."""

import hashlib
import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.atomic import remove_temporary
from data.tiles.batch_loader import BatchLoader
from data.tiles.store_hash import hash_store
from data.training.feature_loader import FeatureLoader
from data.training.feature_store import FeatureStore
from models.classifiers.feature_classifier import compute_features, hash_backbone
from models.training.distributed import Processes
from stages.stage import Context
from stages.train.preparation import FoldSetup

log = logging.getLogger("hpacells")

_HASHES = "tiles.json"
_PART = re.compile(r".+-[0-9a-f]{16}")
"""Name of a folder with the features of one network and tile store."""


class FrozenFeatures:
    """Computes features of cells by row of the tile store, unless they were computed before.

    Each network has a folder, named by the hash of its weights, of the settings of its tiles and of the tile
    store; a killed run goes on with the next cells.

    Parameters
    ----------
    folder
        Where the folders lie.
    tiles_path
        The tile store.
    """

    def __init__(self, folder: Path, tiles_path: Path) -> None:
        self._folder, self._tiles_path = folder, tiles_path
        self._tiles_hash: str | None = None
        self._stores: dict[Path, FeatureStore] = {}

    def make_loader(
        self,
        setup: FoldSetup,
        rows: NDArray[np.integer],
        context: Context,
        gains: NDArray[np.floating] | None = None,
    ) -> FeatureLoader:
        """Compute the features of some rows that are missing, and return a loader of all of them.

        Parameters
        ----------
        setup
            With the whole classifier.
        rows
            (n,) rows of the tile store; each process gives the same.
        context
            Shows progress.
        gains
            (n,) factors of the protein's channel, as of `BatchLoader`; None for 1.
        """
        rows = np.asarray(rows, np.intp)
        gains = np.ones(len(rows), np.float32) if gains is None else np.asarray(gains, np.float32)
        dark = gains != 1
        store = setup.cells.store
        folder = self._find_folder(setup)
        plain = self._fill(
            setup, folder / "cells.npy", len(store), rows[~dark], lambda new: (new, None), context
        )
        sources, places = dark.astype(np.int8), rows.copy()
        if not dark.any():
            return FeatureLoader([plain.open()], sources, places)
        # Synthetic negatives are tiles of their own: darkened by what the seed of the training says.
        dark_rows, dark_gains = rows[dark], gains[dark]
        name = hashlib.sha256(dark_rows.tobytes() + dark_gains.tobytes()).hexdigest()[:16]
        places[dark] = np.arange(len(dark_rows))
        darkened = self._fill(
            setup,
            folder / f"negatives-{name}.npy",
            len(dark_rows),
            places[dark],
            lambda new: (dark_rows[new], dark_gains[new]),
            context,
        )
        return FeatureLoader([plain.open(), darkened.open()], sources, places)

    def remove_others(self) -> None:
        """Remove the features of other networks and tile stores than were used by now."""
        used = {path.parent for path in self._stores}
        if not used or not self._folder.is_dir():
            return
        for folder in self._folder.iterdir():
            if folder.is_dir() and _PART.fullmatch(folder.name) and folder not in used:
                shutil.rmtree(folder, ignore_errors=True)

    def _fill(
        self,
        setup: FoldSetup,
        path: Path,
        length: int,
        wanted: NDArray[np.intp],
        tiles_of: Callable[[NDArray[np.intp]], tuple[NDArray[np.intp], NDArray[np.float32] | None]],
        context: Context,
    ) -> FeatureStore:
        """Compute what is missing of some rows of a file, each process its part."""
        processes, settings = setup.processes, setup.settings
        features = self._open_store(path, length, setup.classifier.backbone.num_features, processes)
        missing = features.find_missing(wanted)
        # All have seen the same by then.
        processes.wait()
        if not len(missing):
            return features
        log.info(
            "features of the frozen backbone: %d of %d cells to compute", len(missing), len(np.unique(wanted))
        )
        new = processes.part(missing)
        rows, gains = tiles_of(new)
        loader = BatchLoader(
            setup.cells.store, rows, settings.tiles, protein_gain=gains, workers=settings.workers
        )
        with context.track("features", len(new)) as advance:
            for items, values in compute_features(setup.classifier, loader, bfloat16=setup.bfloat16):
                features.write(new[items], values)
                advance(len(items))
        processes.wait()
        return features

    def _open_store(self, path: Path, length: int, width: int, processes: Processes) -> FeatureStore:
        if path not in self._stores:
            # The first makes the file, the others find it.
            if processes.rank:
                processes.wait()
            self._stores[path] = FeatureStore(path, length, width)
            if not processes.rank:
                processes.wait()
        return self._stores[path]

    def _find_folder(self, setup: FoldSetup) -> Path:
        processes = setup.processes
        if self._tiles_hash is None:
            if processes.rank:
                processes.wait()
            elif self._folder.is_dir():
                remove_temporary(self._folder)
            self._tiles_hash = hash_store(self._tiles_path, self._folder / _HASHES)
            if not processes.rank:
                processes.wait()
        backbone = hash_backbone(setup.classifier, bfloat16=setup.bfloat16)
        key = hashlib.sha256(f"{backbone} {self._tiles_hash}".encode()).hexdigest()[:16]
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", setup.settings.backbone.name)
        return self._folder / f"{name}-{key}"

"""Which attention a report shows, if any."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.tiles.tile_store import TileStore
from stages.inspect.attention.maps import CellAttention
from stages.inspect.paths import PredictedBy
from stages.inspect.settings import InspectSettings
from stages.stage import Context


def find_attention(
    predicted_by: PredictedBy | None,
    tiles: Path,
    shown: NDArray[np.intp],
    settings: InspectSettings,
    context: Context,
) -> CellAttention:
    """Compute the attention of cells, as `stages.inspect.attention.network.attend_cells` says.

    Parameters
    ----------
    predicted_by
        The classifiers that predicted; None for no attention.
    tiles
        The tile store.
    shown
        (n,) rows of the cells that are shown and were predicted.
    settings, context
        Of the stage.
    """
    if predicted_by is None or not len(shown):
        return CellAttention()
    # Loads torch, for which reports without attention must not wait.
    from stages.inspect.attention.network import attend_cells

    return attend_cells(predicted_by, TileStore(tiles), shown, settings, context)

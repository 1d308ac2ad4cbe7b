"""Running SubCell again on the cells of a report, for its pooling attention."""

import logging
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.tiles.preparation import crop_tiles, read_prepared
from data.tiles.tile_store import TileStore
from models.classifiers.ensemble.fewer_channels import adapt_members, name_member, restrict_classifier
from models.classifiers.ensemble.members import Member, read_members
from models.classifiers.ensemble.tile_preset import fit_members
from models.classifiers.explanations.pooling_attention import attend_tiles, pools_by_attention
from models.classifiers.model_folder import read_classifier
from models.device import choose_device, to_device
from models.memory import free_memory, is_out_of_memory
from stages.inspect.attention.maps import CellAttention
from stages.inspect.paths import PredictedBy
from stages.inspect.settings import InspectSettings
from stages.stage import Context

log = logging.getLogger("hpacells")

_TILES_AT_A_TIME = 8


def attend_cells(
    predicted_by: PredictedBy,
    store: TileStore,
    shown: NDArray[np.intp],
    settings: InspectSettings,
    context: Context,
) -> CellAttention:
    """Compute the pooling attention of some of the cells that a report shows.

    Parameters
    ----------
    predicted_by
        The classifiers that predicted.
    store
        The tiles.
    shown
        (n,) rows of the cells that are shown and were predicted; one or more.
    settings
        How many, and on which device.
    context
        Shows the progress.

    Returns
    -------
    CellAttention
        Of none, with a note, where the classifiers are not what they were or have no pooling attention.

    Raises
    ------
    InputError
        There is no such device.
    """
    if predicted_by.problem:
        return _without(predicted_by.problem)
    device = choose_device(settings.device)
    try:
        members = read_members(predicted_by.folders)
        members = adapt_members(fit_members(members, store, "the tiles of the report"), store.channels)
        member = next((each for each in members if pools_by_attention(each.architecture)), None)
        if member is None:
            return _without("the head of the classifier takes no features that are pooled by attention")
        classifier = restrict_classifier(read_classifier(member.folder), member.architecture)
    except InputError as error:
        return _without(str(error))
    places = np.linspace(0, len(shown) - 1, min(settings.attention_cells, len(shown))).round().astype(int)
    rows = shown[places]
    maps: dict[int, NDArray[np.float32]] = {}
    classifier = to_device(classifier, device)
    with context.track("attention", len(rows)) as advance:
        for start in range(0, len(rows), _TILES_AT_A_TIME):
            part = rows[start : start + _TILES_AT_A_TIME]
            maps |= _attend(part, store, lambda tiles: attend_tiles(classifier, tiles, device), member)
            advance(len(part))
    if not maps:
        return _without("the network could not be run on any of the cells")
    tiles = member.architecture.tiles
    return CellAttention(
        maps,
        seen=tiles.side / tiles.size,
        legend=_describe(member, len(members), maps),
        note=_count(len(maps), len(rows), len(shown)),
    )


def _attend(
    rows: NDArray[np.intp],
    store: TileStore,
    run: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    member: Member,
) -> dict[int, NDArray[np.float32]]:
    """Return the maps of some rows; of those alone whose tiles can be read and for which there is memory."""
    settings = member.architecture.tiles
    try:
        tiles = crop_tiles(read_prepared(store, rows, settings), settings)
        return dict(zip(rows.tolist(), run(tiles), strict=True))
    except (InputError, RuntimeError, MemoryError) as error:
        if not isinstance(error, InputError) and not is_out_of_memory(error):
            raise
        reason = str(error).splitlines()[0] if str(error) else "not enough memory"
    # Outside of the handler, so that nothing refers to the tensors any more.
    free_memory()
    if len(rows) == 1:
        log.warning("inspect: no attention of the cell in row %d: %s", rows[0], reason)
        return {}
    return {
        row: one for half in np.array_split(rows, 2) for row, one in _attend(half, store, run, member).items()
    }


def _without(why: str) -> CellAttention:
    log.info("inspect: no attention is shown: %s", why)
    return CellAttention(note=f"No attention is shown: {why}.")


def _count(computed: int, asked: int, shown: int) -> str:
    if computed == shown:
        return f"The attention of the network is shown for all {shown} predicted cells."
    spread = ", evenly spread (setting inspect.attention_cells)" if asked < shown else ""
    failed = f"; it could not be computed for {asked - computed}" if computed < asked else ""
    return f"The attention of the network is shown for {computed} of {shown} predicted cells{spread}{failed}."


def _describe(member: Member, members: int, maps: dict[int, NDArray[np.float32]]) -> str:
    heads, height, width = next(iter(maps.values())).shape
    which = name_member(member)
    if members > 1:
        which += f", the first of {members} classifiers that has any"
    tiles = member.architecture.tiles
    part = f" of the middle {tiles.side} of {tiles.size} px" if tiles.crop else ""
    return (
        f"Attention of {which}: the embedding of a cell is {heads} weighted means of {height} x {width} "
        f"patches{part}. The {heads} pictures below a tile, from left to right, are the weights of these "
        "heads, interpolated, over the tile in grey. Each map is scaled by its own maximum: colours compare "
        "places within a map, not two maps. The numbers below are the maxima; a head that prefers no patch "
        f"gives each {1 / (height * width + 1):.2%}."
    )

"""Running a classifier again on the cells of a report, for its pooling attention or for Grad-CAM."""

import logging
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from data.errors import InputError
from data.tiles.preparation import crop_tiles, read_prepared
from data.tiles.tile_store import TileStore
from models.classifiers.classifier import Classifier
from models.classifiers.ensemble.fewer_channels import adapt_members, name_member, restrict_classifier
from models.classifiers.ensemble.members import Member, read_members
from models.classifiers.ensemble.tile_preset import fit_members
from models.classifiers.explanations.grad_cam import NoFeatureMapError, explain_tiles, may_have_grad_cam
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
_ATTENTION = "The attention of the network"
_GRAD_CAM = "Grad-CAM of the network"


def attend_cells(
    predicted_by: PredictedBy,
    store: TileStore,
    shown: NDArray[np.intp],
    settings: InspectSettings,
    context: Context,
) -> CellAttention:
    """Compute the pooling attention of some of the cells that a report shows, or else Grad-CAM.

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
        Of none, with a note, where the classifiers are not what they were or have neither.

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
        member, explain = _choose(members)
        if member is None:
            return _without("the head of the classifier takes no features that are pooled by attention")
        classifier = restrict_classifier(read_classifier(member.folder), member.architecture)
    except InputError as error:
        return _without(str(error))
    places = np.linspace(0, len(shown) - 1, min(settings.attention_cells, len(shown))).round().astype(int)
    rows = shown[places]
    explainer = _Explainer(to_device(classifier, device), device, explain)
    try:
        maps = _explain(rows, store, explainer, member, context)
    except NoFeatureMapError as error:
        return _without(str(error))
    if not maps:
        return _without("the network could not be run on any of the cells")
    tiles = member.architecture.tiles
    describe = _describe if explain == _ATTENTION else _describe_grad_cam
    return CellAttention(
        maps,
        seen=tiles.side / tiles.size,
        legend=describe(member, len(members), maps),
        note=_count(explain, len(maps), len(rows), len(shown)),
        classes=explainer.classes,
    )


def _choose(members: Sequence[Member]) -> tuple[Member | None, str]:
    """Choose the classifier that is run again, and for what: the first of them that has any."""
    for explain, has in ((_ATTENTION, pools_by_attention), (_GRAD_CAM, may_have_grad_cam)):
        member = next((each for each in members if has(each.architecture)), None)
        if member is not None:
            return member, explain
    return None, ""


class _Explainer:
    """Computes the maps of tiles, (n, heads, h, w), and notes of which classes those of Grad-CAM are."""

    def __init__(self, classifier: Classifier, device: torch.device, explain: str) -> None:
        self._classifier, self._device, self._explain = classifier, device, explain
        self.classes: dict[int, str] = {}

    def __call__(self, rows: NDArray[np.intp], tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        if self._explain == _ATTENTION:
            return attend_tiles(self._classifier, tiles, self._device)
        found = explain_tiles(self._classifier, tiles, self._device)
        names = self._classifier.architecture.class_names
        self.classes |= {
            row: names[label] for row, label in zip(rows.tolist(), found.classes.tolist(), strict=True)
        }
        return found.maps[:, np.newaxis]


def _explain(
    rows: NDArray[np.intp], store: TileStore, explainer: _Explainer, member: Member, context: Context
) -> dict[int, NDArray[np.float32]]:
    maps: dict[int, NDArray[np.float32]] = {}
    with context.track("attention", len(rows)) as advance:
        for start in range(0, len(rows), _TILES_AT_A_TIME):
            part = rows[start : start + _TILES_AT_A_TIME]
            maps |= _attend(part, store, explainer, member)
            advance(len(part))
    return maps


def _attend(
    rows: NDArray[np.intp],
    store: TileStore,
    run: _Explainer,
    member: Member,
) -> dict[int, NDArray[np.float32]]:
    """Return the maps of some rows; of those alone whose tiles can be read and for which there is memory."""
    settings = member.architecture.tiles
    try:
        tiles = crop_tiles(read_prepared(store, rows, settings), settings)
        return dict(zip(rows.tolist(), run(rows, tiles), strict=True))
    except NoFeatureMapError:
        raise
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


def _count(what: str, computed: int, asked: int, shown: int) -> str:
    if computed == shown:
        return f"{what} is shown for all {shown} predicted cells."
    spread = ", evenly spread (setting inspect.attention_cells)" if asked < shown else ""
    failed = f"; it could not be computed for {asked - computed}" if computed < asked else ""
    return f"{what} is shown for {computed} of {shown} predicted cells{spread}{failed}."


def _describe_grad_cam(member: Member, members: int, maps: dict[int, NDArray[np.float32]]) -> str:
    _, height, width = next(iter(maps.values())).shape
    which = name_member(member)
    if members > 1:
        which += f", the first of {members} classifiers that has any"
    return (
        f"Grad-CAM of {which}: what each of {height} x {width} places of the last feature map adds to the "
        "logit of the class that this classifier finds likeliest, interpolated, over the tile in grey. Each "
        "map is scaled by its own maximum: colours compare places within a map, not two maps."
    )


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

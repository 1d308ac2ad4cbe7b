"""A recipe cut to a small budget: fewer passes over smaller tiles, and all else as the recipe has it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data.tiles.preparation import TileSettings
from models.training.lr_schedules.lr_schedule import LrScheduleSettings
from models.training.lr_schedules.plateau import PlateauSettings
from models.training.lr_schedules.ramp import RampSettings
from models.training.lr_schedules.restarts import RestartsSettings
from stages.train.settings import TrainSettings

_LEAST_SIDE = {"inception_v4": 75}
_MULTIPLES = {"botnet26t_256": 32}
_STEP = 8


@dataclass(frozen=True)
class Budget:
    """What every recipe gets.

    Attributes
    ----------
    size
        Side of the tiles in px; larger for a network that takes none so small.
    epochs
        Passes over the training cells, those of all phases together.
    """

    size: int
    epochs: int


def fit_recipe(settings: TrainSettings, budget: Budget, mean_cells: float) -> TrainSettings:
    """Cut a recipe to a budget.

    Trained is on all cells, with none held out and no other start than ImageNet weights. What is counted in
    epochs shrinks as the epochs do: phases, cycles, ramps, patience. Batches are cut into fewer parts, as
    smaller tiles need less memory. Rare classes are repeated up to the mean class and no further, so that an
    epoch stays of one order for all.

    Parameters
    ----------
    settings
        The recipe.
    budget
        Size and epochs.
    mean_cells
        Training cells a class has on average.
    """
    wanted = [settings.fit.epochs, *(phase.epochs for phase in settings.phases)]
    epochs, *phase_epochs = share_epochs(wanted, budget.epochs)
    tiles = fit_tiles(settings.tiles, settings.backbone.name, budget.size)
    area = (tiles["size"] / settings.tiles.size) ** 2
    values = settings.model_dump()
    changes: dict[str, Any] = {
        "initial_weights": "",
        "split": {"folds": 0},
        "tiles": values["tiles"] | tiles,
        "data": values["data"]
        | {"min_cells_per_class": min(settings.data.min_cells_per_class, round(mean_cells))},
        "lr_schedule": shrink_rate(settings.lr_schedule, settings.fit.epochs, epochs).model_dump(),
        "fit": values["fit"]
        | {
            "epochs": epochs,
            "early_stopping_patience": 0,
            "accumulation_steps": max(
                1, min(settings.fit.accumulation_steps, math.ceil(settings.fit.accumulation_steps * area))
            ),
        },
        "phases": [
            phase | {"epochs": count}
            for phase, count in zip(values["phases"], phase_epochs, strict=True)
            if count
        ],
    }
    return TrainSettings.model_validate(values | changes)


def share_epochs(wanted: Sequence[int], epochs: int) -> list[int]:
    """Share epochs out to a training and its phases, in proportion to what each wants, in whole numbers.

    Each gets one at least; where there are fewer epochs than trainings, the last get none.
    """
    shares = [count * epochs / sum(wanted) for count in wanted]
    given = [int(place < epochs) for place in range(len(wanted))]
    for _ in range(epochs - sum(given)):
        lacking = [share - count for share, count in zip(shares, given, strict=True)]
        given[lacking.index(max(lacking))] += 1
    return given


def fit_tiles(tiles: TileSettings, backbone: str, size: int) -> dict[str, int]:
    """Return ``size`` and ``crop`` in px: the size asked for, or the next larger one that the network takes.

    A crop stays the same part of the tile.
    """
    least, multiple = _LEAST_SIDE.get(backbone, 1), _MULTIPLES.get(backbone, 1)
    while True:
        crop = round(size * tiles.crop / tiles.size)
        side = crop or size
        if side >= least and side % multiple == 0:
            return {"size": size, "crop": crop}
        # The crop of the next sizes may jump over a multiple, so a small step is taken then.
        size += _STEP if multiple == 1 or not tiles.crop else 1


def shrink_rate(rate: LrScheduleSettings, wanted: int, epochs: int) -> LrScheduleSettings:
    """Shrink what a learning rate counts in epochs as a training shrinks from ``wanted`` to ``epochs``.

    Cycles stay whole: of those that fit the training evenly, the nearest in length is taken.
    """
    part = epochs / wanted
    match rate:
        case RestartsSettings():
            whole = [length for length in range(1, epochs + 1) if epochs % length == 0]
            nearest = min(whole, key=lambda length: abs(length - rate.cycle_epochs * part))
            return rate.model_copy(update={"cycle_epochs": nearest})
        case RampSettings():
            return rate.model_copy(
                update={
                    "ramp_epochs": round(rate.ramp_epochs * part),
                    "sustain_epochs": round(rate.sustain_epochs * part),
                    "decay": rate.decay ** (1 / part),
                }
            )
        case PlateauSettings():
            return rate.model_copy(update={"patience": max(1, round(rate.patience * part))})
        case _:
            return rate

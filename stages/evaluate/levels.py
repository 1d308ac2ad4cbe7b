"""The levels of an evaluation above single cells: their images, and the proteins of those."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.evaluate.aggregation import How, aggregate

_MAJORITY = 0.5


@dataclass(frozen=True)
class Judged:
    """Predictions and truth of cells, images or proteins, one row each."""

    names: NDArray[np.str_]
    probabilities: NDArray[np.floating]
    decisions: NDArray[np.bool_]
    targets: NDArray[np.bool_]

    def take(self, chosen: NDArray[np.bool_]) -> "Judged":
        """Return some of them, chosen by a condition for each row."""
        return Judged(
            self.names[chosen], self.probabilities[chosen], self.decisions[chosen], self.targets[chosen]
        )

    def group(self, groups: NDArray[np.str_], how: How) -> "Judged":
        """Aggregate to groups, one name per row; a group has the true classes of all its members."""
        names, probabilities = aggregate(self.probabilities, groups, how)
        _, decisions = aggregate(self.decisions, groups, how)
        _, targets = aggregate(self.targets, groups, "union")
        return Judged(names, probabilities, decisions >= _MAJORITY, targets >= 1)


def list_levels(images: Mapping[How, Judged], proteins: Mapping[str, str]) -> list[tuple[str, How, Judged]]:
    """List level, aggregation and what is judged: images, and proteins where some image has one."""
    levels: list[tuple[str, How, Judged]] = [("image", how, judged) for how, judged in images.items()]
    for how, judged in images.items():
        named = np.array([image in proteins for image in judged.names], bool)
        if named.any():
            known = judged.take(named)
            groups = np.array([proteins[image] for image in known.names])
            levels.append(("protein", how, known.group(groups, how)))
    return levels

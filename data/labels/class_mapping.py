"""Classes of one label set as those of another that merges some, such as SubCell's 31 as Kaggle's 19."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.labels.hpa_locations import find_classes
from data.labels.label_set import LabelSet


@dataclass(frozen=True)
class ClassMapping:
    """Which classes of a label set are part of which class of another.

    Attributes
    ----------
    names, target
        Names of the classes, and the label set that they are turned into.
    members
        For each class of ``target`` the numbers of the classes that are part of it, ascending.
    """

    names: tuple[str, ...]
    target: LabelSet
    members: tuple[tuple[int, ...], ...]

    @property
    def without_a_place(self) -> tuple[str, ...]:
        """Names of the classes that are part of no class of ``target``."""
        placed = {number for numbers in self.members for number in numbers}
        return tuple(name for number, name in enumerate(self.names) if number not in placed)

    @property
    def without_members(self) -> tuple[str, ...]:
        """Names of the classes of ``target`` that none of the classes is part of."""
        pairs = zip(self.target.names, self.members, strict=True)
        return tuple(name for name, numbers in pairs if not numbers)

    def merge(self, probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the probabilities of the classes of ``target``: the highest among the members of each.

        A cell shows the merged class where it shows any of its members, so the merged class is at least as
        probable as each of them. A sum, or one minus the product of the complements, would count the same
        evidence several times: members are merged because they look alike.

        Parameters
        ----------
        probabilities
            (n, classes), 0..1.

        Returns
        -------
        ndarray (n, classes of target)
            Of the same type; 0 for a class without members.
        """
        merged = np.zeros((len(probabilities), len(self.target)), probabilities.dtype)
        for label, numbers in enumerate(self.members):
            if numbers:
                merged[:, label] = probabilities[:, list(numbers)].max(axis=1)
        return merged


def map_classes(names: Sequence[str], target: LabelSet, *, where: object) -> ClassMapping:
    """Find the class of another label set that each class is, or is part of.

    Classes are matched by name in any letter case, else as `data.labels.hpa_locations` merges the Human
    Protein Atlas' locations.

    Parameters
    ----------
    names
        Names of the classes.
    target
        The other label set.
    where
        What to name in an error message.

    Raises
    ------
    InputError
        No class has a place in the other label set.
    """
    members: list[list[int]] = [[] for _ in target.names]
    for number, name in enumerate(names):
        for label in find_classes([name], target)[0]:
            members[label].append(number)
    if not any(members):
        raise InputError(
            found=f"classes of which {target} has none: {', '.join(names[:3])} ...",
            where=where,
            expected=f"classes that are, or are part of, {', '.join(target.names[:3])} ...",
            advice="leave the setting out to keep the classes as they are, or name another label set",
        )
    return ClassMapping(tuple(names), target, tuple(map(tuple, members)))
